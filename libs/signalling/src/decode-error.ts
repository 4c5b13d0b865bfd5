/** What a codec throws when bytes do not hold what they should; the frame boundary catches it, nothing else may pass. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';

  /** `offset`: the byte at which reading stopped, counted from the start of what the outermost reader was given. */
  constructor(
    readonly offset: number,
    message: string,
  ) {
    super(message);
  }
}
