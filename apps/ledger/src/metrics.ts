import type { FastifyReply, FastifyRequest } from 'fastify';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { routeOf } from './http/route';

export interface Gauges {
  /** Position of the ledger's last event, and the one that the read tables reached. */
  readonly positions: () => Promise<{ readonly ledger: bigint; readonly tables: bigint }>;
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
    const tables = new Gauge({ name: 'ledger_tables_position', help: 'Ledger position that the read tables have reached.', registers });
    new Gauge({
      name: 'ledger_position',
      help: 'Position of the last event of the ledger.',
      registers,
      async collect() {
        const positions = await gauges.positions();
        this.set(Number(positions.ledger));
        tables.set(Number(positions.tables));
      },
    });
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
