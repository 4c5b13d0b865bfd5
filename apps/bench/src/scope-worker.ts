/** A scope in a thread, and so in a heap, of its own: what others hold costs it no garbage collection. */
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { ScopeTraffic } from './scope-traffic';

interface Scope {
  readonly flows: number;
  readonly idle: number;
}

export class ScopeWorker {
  readonly #worker: Worker;

  constructor(scope: Scope) {
    this.#worker = new Worker(__filename, { workerData: scope });
  }

  /** Nanoseconds that so many decisions take, one after the other; what is asked is made ready before. */
  async decide(decisions: number): Promise<number> {
    this.#worker.postMessage(decisions);
    const [nanoseconds] = (await once(this.#worker, 'message')) as [number];
    return nanoseconds;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

function serve({ flows, idle }: Scope): void {
  const traffic = new ScopeTraffic(flows, idle);
  parentPort!.on('message', (decisions: number) => {
    const asked = traffic.next(decisions);
    const begun = process.hrtime.bigint();
    for (const told of asked) traffic.tell(told);
    parentPort!.postMessage(Number(process.hrtime.bigint() - begun));
  });
}

if (!isMainThread && parentPort) serve(workerData as Scope);
