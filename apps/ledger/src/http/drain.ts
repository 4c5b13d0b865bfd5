import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

/**
 * So many looks in a row, each after a turn of the event loop, must find nothing before the listener is closed. Time alone would tell
 * nothing: a loop that was busy all the while has not read its sockets.
 */
const quietLooks = 10;
const lookEveryMs = 10;
/** So long it is waited for at most. */
const patienceMs = 2_000;

/**
 * What a server does between being told to stop and closing its listener (F20). A request may be on its way: in a connection that
 * the kernel has accepted and Node has not, or in bytes that are not parsed yet. Closing then would reset it, so the server goes on
 * answering until nothing comes any more, and asks its clients to come back elsewhere.
 */
export class Drain {
  #inFlight = 0;
  #arrivals = 0;
  #draining = false;

  constructor(server: FastifyInstance) {
    server.addHook('onRequest', async (_request, reply) => {
      this.#inFlight += 1;
      this.#arrivals += 1;
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
    const deadline = Date.now() + patienceMs;
    for (let quiet = 0; quiet < quietLooks && Date.now() < deadline; ) {
      const arrivals = this.#arrivals;
      await sleep(lookEveryMs);
      quiet = this.#inFlight === 0 && this.#arrivals === arrivals ? quiet + 1 : 0;
    }
  }
}
