import http from 'node:http';
import { configureBody, registrationOf } from './configure-requests';
import { HttpConnection } from './http-connection';
import type { RefreshJob, RefreshReport } from './load-job';

/** A process of its own, as generator.ts. */
process.once('message', (job: RefreshJob) => {
  run(job).then(
    (report) => process.send!({ report }, () => process.disconnect()),
    (error: unknown) => process.send!({ error: String(error) }, () => process.disconnect()),
  );
});

async function run({ url, agents, sessionsAnAgent, warmUpSeconds, seconds }: RefreshJob): Promise<RefreshReport> {
  const ready = await Promise.all(
    Array.from({ length: agents }, async (_, agent) => {
      await register(url, agent, agents);
      const connection = new http.Agent({ keepAlive: true, maxSockets: 1 });
      const lines = batch(agent, agents, sessionsAnAgent);
      const configured = await send(url, connection, lines);
      if (configured.includes('"status":4')) throw new Error(`a session was refused: ${configured.slice(0, 400)}`);
      return { connection, lines };
    }),
  );
  let refreshed = 0;
  let processor = process.cpuUsage();
  const from = performance.now() + warmUpSeconds * 1_000;
  const until = from + seconds * 1_000;
  await Promise.all(
    ready.map(async ({ connection, lines }) => {
      for (let now = performance.now(); now < until; ) {
        const count = (await send(url, connection, lines)).split('"outcome":"refreshed"').length - 1;
        if (count !== sessionsAnAgent) throw new Error(`${count} of ${sessionsAnAgent} were refreshed`);
        now = performance.now();
        if (now < from) processor = process.cpuUsage();
        else if (now < until) refreshed += count;
      }
      connection.destroy();
    }),
  );
  const { user, system } = process.cpuUsage(processor);
  return { perSecond: refreshed / seconds, generatorCores: (user + system) / 1e6 / seconds };
}

async function register(url: string, agent: number, scopes: number): Promise<void> {
  const connection = await HttpConnection.open(url);
  const { path, body } = registrationOf(agent, 0, scopes);
  const { status } = await connection.post(path, body);
  connection.close();
  if (status !== 201) throw new Error(`a registration was answered ${status}`);
}

/** Soft state, as RSVP has it: what is refreshed would else expire. */
function batch(agent: number, agents: number, sessions: number): string {
  const line = (nth: number): string => {
    const body = configureBody(agent, nth, { scopes: agents, connections: agents, collide: false }).replace('"refreshPeriodMs":0', '"refreshPeriodMs":30000');
    return `{"command":"configure-qos-session","body":${body}}\n`;
  };
  return Array.from({ length: sessions }, (_, nth) => line(nth)).join('');
}

function send(url: string, agent: http.Agent, lines: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.request(`${url}/v1/batch`, { method: 'POST', agent, headers: { 'content-type': 'application/x-ndjson' } }, (response) => {
      let answer = '';
      response.setEncoding('latin1').on('data', (chunk: string) => (answer += chunk)).on('error', reject);
      response.on('end', () => (response.complete ? resolve(answer) : reject(new Error('a batch broke off'))));
    });
    request.on('error', reject).end(lines);
  });
}
