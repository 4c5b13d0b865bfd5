import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { LoadJob, LoadReport, RefreshJob, RefreshReport } from './load-job';

const defaults = { connections: 64, scopes: 64, collide: true, warmUpSeconds: 2, seconds: 5, requests: null, from: 0, register: true } as const;

/** Runs a job in a generator of its own and waits for its report. */
export function load(job: Partial<LoadJob> & Pick<LoadJob, 'urls'>): Promise<LoadReport> {
  return inProcess('generator.js', { ...defaults, ...job });
}

/** The same for refreshes in batches. */
export function loadRefreshes(job: RefreshJob): Promise<RefreshReport> {
  return inProcess('refresh-generator.js', job);
}

async function inProcess<Report>(program: string, job: object): Promise<Report> {
  const child = fork(path.join(__dirname, program));
  const exited = once(child, 'exit').then(() => Promise.reject(new Error('the load generator ended without a report')));
  exited.catch(() => undefined);
  child.send(job);
  const [answer] = (await Promise.race([once(child, 'message'), exited])) as [{ readonly report?: Report; readonly error?: string }];
  if (answer.report === undefined) throw new Error(`the load generator: ${answer.error}`);
  return answer.report;
}
