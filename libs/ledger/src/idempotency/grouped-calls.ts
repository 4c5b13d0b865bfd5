interface Waiting<Asked, Answer> {
  readonly asked: Asked;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** One call is under way at a time; whoever comes meanwhile shares the next. All are answered in the order of their coming. */
export class GroupedCalls<Asked, Answer> {
  private waiting: Waiting<Asked, Answer>[] = [];
  private running = false;

  constructor(
    /** @returns an answer for each, in their order */
    private readonly call: (asked: readonly Asked[]) => Promise<readonly Answer[]>,
    private readonly maximumAtOnce: number,
  ) {}

  ask(asked: Asked): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ asked, resolve, reject });
      if (!this.running) void this.run();
    });
  }

  private async run(): Promise<void> {
    this.running = true;
    while (this.waiting.length > 0) {
      const group = this.waiting.splice(0, this.maximumAtOnce);
      try {
        const answers = await this.call(group.map(({ asked }) => asked));
        for (const [index, { resolve }] of group.entries()) resolve(answers[index]!);
      } catch (error) {
        // Nobody waits for two time-outs: what waits behind a lost call is lost with it.
        for (const { reject } of [...group, ...this.waiting.splice(0)]) reject(error);
      }
    }
    this.running = false;
  }
}
