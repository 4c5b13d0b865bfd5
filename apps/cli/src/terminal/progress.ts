import type { Output } from './output';
import { byteCount } from './text';

/** A bar on stderr for long work; nothing at all where stderr is no terminal or the work is soon done. */
export class Progress {
  private lastDrawn = 0;
  private drawn = false;
  private readonly startedAt = Date.now();

  /** `total` bytes; null where nobody knows (standard input). */
  constructor(
    private readonly err: Output,
    private readonly title: string,
    private readonly total: number | null,
  ) {}

  at(bytes: number): void {
    const now = Date.now();
    if (!this.err.isTerminal || now - this.startedAt < 400 || now - this.lastDrawn < 100) return;
    this.lastDrawn = now;
    this.drawn = true;
    this.err.tell(`\r\u001b[2K${this.text(bytes)}`);
  }

  private text(bytes: number): string {
    const rate = `${byteCount((bytes * 1000) / Math.max(1, Date.now() - this.startedAt))}/s`;
    if (this.total === null || this.total === 0) return `${this.title}  ${byteCount(bytes)}  ${rate}`;
    const share = Math.min(1, bytes / this.total);
    const filled = Math.round(share * 24);
    const bar = '━'.repeat(filled) + '╌'.repeat(24 - filled);
    return `${this.title}  ${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${byteCount(bytes)} of ${byteCount(this.total)}  ${rate}`;
  }

  /** Takes the bar away, so that what follows stands alone. */
  end(): void {
    if (this.drawn) this.err.tell('\r\u001b[2K');
    this.drawn = false;
  }
}
