/** What was given does not continue the log. The message is one sentence. */
export class ImportRefused extends Error {
  override readonly name = 'ImportRefused';
}
