import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

/** So long nothing may arrive before the listener is closed, and so long it is waited for at most. */
const quietMs = 100;
const patienceMs = 2_000;

/**
 * What a server does between being told to stop and closing its listener (F20). A request may be on its way: in a connection that
 * the kernel has accepted and Node has not, or in bytes that are not parsed yet. Closing then would reset it, so the server goes on
 * answering until nothing comes any more, and asks its clients to come back elsewhere.
 */
export class Drain {
  #inFlight = 0;
  #lastArrival = 0;
  #draining = false;

  constructor(server: FastifyInstance) {
    server.addHook('onRequest', async (_request, reply) => {
      this.#inFlight += 1;
      this.#lastArrival = Date.now();
      // Also where the client goes away before its answer is whole.
      reply.raw.once('close', () => (this.#inFlight -= 1));
    });
    server.addHook('onSend', async (_request, reply) => {
      if (this.#draining) void reply.header('connection', 'close');
    });
  }

  /** Settles when the listener may be closed; what is still in flight then is waited for by the closing itself. */
  async quiet(): Promise<void> {
    this.#draining = true;
    const began = Date.now();
    this.#lastArrival = began;
    while (Date.now() - began < patienceMs && (this.#inFlight > 0 || Date.now() - this.#lastArrival < quietMs)) await sleep(10);
  }
}
