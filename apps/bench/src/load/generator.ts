import { configureBody, registrationOf } from './configure-requests';
import { HttpConnection, type HttpAnswer } from './http-connection';
import type { LoadJob, LoadReport } from './load-job';

/** A process of its own, so that its work is not done by the event loop that is measured: takes one job, sends its report, ends. */
process.once('message', (job: LoadJob) => {
  run(job).then(
    (report) => process.send!({ report }, () => process.disconnect()),
    (error: unknown) => process.send!({ error: String(error) }, () => process.disconnect()),
  );
});

async function run(job: LoadJob): Promise<LoadReport> {
  const connections = await Promise.all(Array.from({ length: job.connections }, (_, index) => HttpConnection.open(job.urls[index % job.urls.length]!)));
  try {
    if (job.register) await Promise.all(connections.map((connection, index) => register(connection, index, job)));
    return await measure(connections, job);
  } finally {
    for (const connection of connections) connection.close();
  }
}

async function register(connection: HttpConnection, index: number, { scopes }: LoadJob): Promise<void> {
  for (const node of [0, 1] as const) {
    const { path, body } = registrationOf(index, node, scopes);
    expect(201, await connection.post(path, body));
  }
}

async function measure(connections: readonly HttpConnection[], job: LoadJob): Promise<LoadReport> {
  const latencies: number[] = [];
  let collided = 0;
  let next = job.from;
  const from = performance.now() + job.warmUpSeconds * 1_000;
  const until = from + job.seconds * 1_000;
  let processor = process.cpuUsage();
  const warm = setTimeout(() => (processor = process.cpuUsage()), job.warmUpSeconds * 1_000);
  await Promise.all(
    connections.map(async (connection, index) => {
      let nth = job.from;
      for (let begun = performance.now(); begun < until && !(latencies.length >= (job.requests ?? Infinity)); nth += 1) {
        const answer = await connection.post('/v1/qos-sessions', configureBody(index, nth, job));
        const now = performance.now();
        expect(201, answer);
        if (begun >= from) {
          latencies.push(now - begun);
          if (!answer.body.includes('"temporary":null')) collided += 1;
        }
        begun = now;
      }
      next = Math.max(next, nth);
    }),
  );
  clearTimeout(warm);
  const { user, system } = process.cpuUsage(processor);
  const seconds = (performance.now() - from) / 1_000;
  latencies.sort((a, b) => a - b);
  const quantile = (part: number): number => latencies[Math.floor(latencies.length * part)] ?? Number.NaN;
  return {
    requests: latencies.length,
    perSecond: latencies.length / seconds,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    collided: collided / latencies.length,
    generatorCores: (user + system) / 1e6 / seconds,
    next: next + (next % 2),
  };
}

function expect(status: number, answer: HttpAnswer): void {
  if (answer.status !== status) throw new Error(`answered ${answer.status}, not ${status}: ${answer.body.slice(0, 400)}`);
}
