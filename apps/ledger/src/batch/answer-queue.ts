interface Entry<Answer> {
  readonly answer: Promise<Answer>;
  readonly bytes: number;
  ready: boolean;
}

/** Answers in the order of their questions, with a bound on the questions whose answers nobody has taken yet. */
export class AnswerQueue<Answer> {
  private readonly entries: Entry<Answer>[] = [];
  private bytes = 0;
  private ended = false;
  private wakeReader: () => void = () => undefined;
  private wakeTaker: () => void = () => undefined;

  constructor(
    private readonly maximumEntries: number,
    private readonly maximumBytes: number,
  ) {}

  /** Resolves when another question may be asked. */
  async room(): Promise<void> {
    while (this.entries.length >= this.maximumEntries || this.bytes >= this.maximumBytes) await new Promise<void>((resolve) => (this.wakeReader = resolve));
  }

  /** @param bytes of the question */
  add({ answer }: { readonly answer: Promise<Answer> }, bytes: number): void {
    const entry: Entry<Answer> = { answer, bytes, ready: false };
    void answer.finally(() => (entry.ready = true));
    this.entries.push(entry);
    this.bytes += bytes;
    this.wakeTaker();
  }

  end(): void {
    this.ended = true;
    this.wakeTaker();
  }

  /** The next answer, undefined behind the last; `isReady` tells whether it is there already. */
  take(): { readonly answer: Promise<Answer | undefined>; readonly isReady: () => boolean } {
    const first = this.entries[0];
    return { answer: this.next(), isReady: () => first?.ready ?? false };
  }

  private async next(): Promise<Answer | undefined> {
    while (this.entries.length === 0) {
      if (this.ended) return undefined;
      await new Promise<void>((resolve) => (this.wakeTaker = resolve));
    }
    const { answer, bytes } = this.entries.shift()!;
    this.bytes -= bytes;
    this.wakeReader();
    return answer;
  }
}
