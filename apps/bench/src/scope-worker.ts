/** Scopes in a thread, and so in a heap, of their own: what others hold costs them no garbage collection. */
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { ScopeTraffic } from './scope-traffic';

interface Scopes {
  /** Each has so many. */
  readonly flows: number;
  readonly idle: number;
  /** How many there are; they decide by turns. */
  readonly scopes: number;
}

export class ScopeWorker {
  readonly #worker: Worker;

  constructor(scopes: Scopes) {
    this.#worker = new Worker(__filename, { workerData: scopes });
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

function serve({ flows, idle, scopes }: Scopes): void {
  const traffics = Array.from({ length: scopes }, () => new ScopeTraffic(flows, idle));
  parentPort!.on('message', (decisions: number) => {
    const rounds = traffics.map((traffic) => traffic.next(decisions / scopes));
    const asked = Array.from({ length: decisions }, (_, index) => {
      const turn = index % scopes;
      return { traffic: traffics[turn]!, told: rounds[turn]![Math.floor(index / scopes)]! };
    });
    const begun = process.hrtime.bigint();
    for (const { traffic, told } of asked) traffic.tell(told);
    parentPort!.postMessage(Number(process.hrtime.bigint() - begun));
  });
}

if (!isMainThread && parentPort) serve(workerData as Scopes);
