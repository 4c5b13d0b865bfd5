import type pg from 'pg';
import type { RecordedEvent } from '#event-store';

/**
 * Streams of which a process left out an event: each with the position from which it is read again at the next start. They stand
 * beside the checkpoint of the process (`ledger.process_checkpoints`), under its name and theirs.
 */
export class SetAside {
  private readonly streams = new Set<string>();
  private isRetried = false;

  constructor(private readonly process: string) {}

  /** Whatever server set them aside. @param retry called once in the life of this server for each of them; whether it could be read now */
  async load(client: pg.ClientBase, retry: (stream: string, from: bigint) => Promise<boolean>): Promise<void> {
    const { rows } = await client.query<{ stream: string; position: string }>(
      'select substr(process, length($1::text) + 2) as stream, position::text from ledger.process_checkpoints where starts_with(process, $1::text || chr(32))',
      [this.process],
    );
    this.streams.clear();
    for (const { stream, position } of rows) {
      if (this.isRetried || !(await retry(stream, BigInt(position)))) this.streams.add(stream);
      else await client.query('delete from ledger.process_checkpoints where process = $1', [this.key(stream)]);
    }
    this.isRetried = true;
  }

  /** @returns whether the stream is the first time here */
  async add(client: pg.ClientBase, { stream, position }: RecordedEvent): Promise<boolean> {
    await client.query(
      'insert into ledger.process_checkpoints values ($1, $2) on conflict (process) do update set position = least(process_checkpoints.position, excluded.position)',
      [this.key(stream), String(position)],
    );
    if (this.streams.has(stream)) return false;
    this.streams.add(stream);
    return true;
  }

  private key(stream: string): string {
    return `${this.process} ${stream}`;
  }
}
