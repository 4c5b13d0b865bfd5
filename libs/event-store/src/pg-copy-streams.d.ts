declare module 'pg-copy-streams' {
  import type { Writable } from 'node:stream';
  import type { Submittable } from 'pg';

  /** COPY … FROM STDIN: give it to `client.query`, write, end. */
  export function from(sql: string): Writable & Submittable;
}
