interface Entry<Answer> {
  readonly questions: number;
  readonly bytes: number;
  /** Undefined until it is there. */
  answer: Answer | undefined;
}

/** Answers in the order of their questions, with a bound on the questions whose answers nobody has taken yet. */
export class AnswerQueue<Answer extends string> {
  private readonly entries: Entry<Answer>[] = [];
  private questions = 0;
  private bytes = 0;
  private ended = false;
  private wakeReader: () => void = () => undefined;
  private wakeTaker: () => void = () => undefined;

  constructor(
    private readonly maximumQuestions: number,
    private readonly maximumBytes: number,
  ) {}

  get hasRoom(): boolean {
    return this.questions < this.maximumQuestions && this.bytes < this.maximumBytes;
  }

  /** Resolves when another question may be asked. */
  async room(): Promise<void> {
    while (!this.hasRoom) await new Promise<void>((resolve) => (this.wakeReader = resolve));
  }

  /** @param answer never rejects @param bytes of the question @param questions that it answers together */
  add(answer: Promise<Answer>, bytes: number, questions = 1): void {
    const entry: Entry<Answer> = { questions, bytes, answer: undefined };
    this.entries.push(entry);
    this.questions += questions;
    this.bytes += bytes;
    void answer.then((given) => {
      entry.answer = given;
      if (this.entries[0] === entry) this.wakeTaker();
    });
  }

  end(): void {
    this.ended = true;
    this.wakeTaker();
  }

  /** The next answer is there. */
  get isReady(): boolean {
    return this.entries[0]?.answer !== undefined;
  }

  /** The next answer, which is there. */
  take(): Answer {
    const { answer, questions, bytes } = this.entries.shift()!;
    this.questions -= questions;
    this.bytes -= bytes;
    this.wakeReader();
    return answer!;
  }

  /** Resolves when the next answer is there: true; false behind the last one. */
  async next(): Promise<boolean> {
    while (!this.isReady) {
      if (this.ended && this.entries.length === 0) return false;
      await new Promise<void>((resolve) => (this.wakeTaker = resolve));
    }
    return true;
  }
}
