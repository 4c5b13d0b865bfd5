import type { EventMetadata } from './metadata';

/** A command with a key whose events are in the stream. */
export interface RememberedCommand {
  readonly bodyDigest: string;
  /** JSON text, as `storedAnswer` made it. */
  readonly answer: string;
  /** Of its append's last event. */
  readonly position: bigint;
}

/** Not an error of anyone's: the command was done before, and this is what it was answered. */
export class CommandRepeated extends Error {
  override readonly name = 'CommandRepeated';
  constructor(readonly command: RememberedCommand) {
    super('The command was done before.');
  }
}

const commandsKept = 10_000;

/** The last commands with a key of one stream: the table of commands may not have reached them yet. */
export class RememberedCommands {
  private readonly commands = new Map<string, RememberedCommand>();

  get(commandId: string): RememberedCommand | undefined {
    return this.commands.get(commandId);
  }

  add({ commandId, bodyDigest }: Pick<EventMetadata, 'commandId' | 'bodyDigest'>, answer: string, position: bigint): void {
    this.commands.set(commandId, { bodyDigest, answer, position });
    if (this.commands.size > commandsKept) this.commands.delete(this.commands.keys().next().value!);
  }
}
