import type { FastifyReply, FastifyRequest } from 'fastify';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { routeOf } from './http/route';

export interface Gauges {
  /** Position of the ledger's last event, and the one that the read tables reached. */
  readonly positions: () => Promise<{ readonly ledger: bigint; readonly tables: bigint }>;
  /** What keeps the read tables from showing the ledger. */
  readonly tables: () => Promise<{ readonly standStill: boolean; readonly parkedStreams: number }>;
}

/** What Prometheus reads: the process, the requests, and how far the read tables are behind the ledger. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #seconds: Histogram<'method' | 'route' | 'status'>;

  constructor(gauges: Gauges) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#seconds = new Histogram({
      name: 'ledger_http_request_duration_seconds',
      help: 'Time from the headers of a request to the end of its answer.',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    });
    // Each asks for itself: what one sets while another is read comes with the next look only.
    const gauge = (name: string, help: string, value: () => Promise<bigint | boolean | number>): void =>
      void new Gauge({
        name,
        help,
        registers,
        async collect() {
          this.set(Number(await value()));
        },
      });
    gauge('ledger_tables_position', 'Ledger position that the read tables have reached.', async () => (await gauges.positions()).tables);
    gauge('ledger_position', 'Position of the last event of the ledger.', async () => (await gauges.positions()).ledger);
    gauge('ledger_tables_stand_still', '1: the read tables stand still though the ledger goes on.', async () => (await gauges.tables()).standStill);
    gauge('ledger_parked_streams', 'Streams with an event that a projection cannot apply.', async () => (await gauges.tables()).parkedStreams);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Requests that match no route share one label: nobody fills the memory with paths. */
  observe(request: FastifyRequest, reply: FastifyReply): void {
    this.#seconds.observe({ method: request.method, route: routeOf(request)?.path ?? 'none', status: reply.statusCode }, reply.elapsedTime / 1000);
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
