import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { LoadJob, LoadReport } from './load-job';

const defaults = { connections: 64, scopes: 64, collide: true, warmUpSeconds: 2, seconds: 5, requests: null, from: 0, register: true } as const;

/** Runs a job in a generator of its own and waits for its report. */
export async function load(job: Partial<LoadJob> & Pick<LoadJob, 'urls'>): Promise<LoadReport> {
  const child = fork(path.join(__dirname, 'generator.js'));
  const exited = once(child, 'exit').then(() => Promise.reject(new Error('the load generator ended without a report')));
  exited.catch(() => undefined);
  child.send({ ...defaults, ...job });
  const [answer] = (await Promise.race([once(child, 'message'), exited])) as [{ readonly report?: LoadReport; readonly error?: string }];
  if (answer.report === undefined) throw new Error(`the load generator: ${answer.error}`);
  return answer.report;
}
