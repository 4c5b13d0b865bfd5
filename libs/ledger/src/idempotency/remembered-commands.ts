import { ProjectionBehind } from '#projections';
import type { EventMetadata } from '../mailbox/metadata';
import type { ReachedBefore } from './reached-before';

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

/** No command with a key is decided in a stream that is further ahead of the tables. */
const mostCommands = 100_000;
/** A command in parts is rare, and repeated soon. */
const mostBegun = 1_000;
/** Id, digest and what holds them. */
const bytesBesideAnswer = 400;

/**
 * The commands with a key of one stream that its callers may not have found in the table of commands: none is forgotten before the tables have
 * come past it, a while ago.
 */
export class RememberedCommands {
  private readonly commands = new Map<string, RememberedCommand>();
  /** About what they take in memory. */
  bytes = 0;

  /** Commands of which a part stands and the rest may not: the last ones. */
  private readonly begun = new Set<string>();

  /** @param tables null: there are none */
  constructor(private readonly tables: ReachedBefore | null = null) {}

  /** Why the command is not to be decided; null: it is. */
  refusalOf(commandId: string): CommandRepeated | ProjectionBehind | null {
    const repeated = this.commands.get(commandId);
    if (repeated) return new CommandRepeated(repeated);
    if (this.commands.size < mostCommands) return null;
    this.forget();
    const [oldest] = this.commands.values();
    return this.commands.size < mostCommands ? null : new ProjectionBehind(oldest!.position, this.tables?.now ?? 0n);
  }

  add({ commandId, bodyDigest }: Pick<EventMetadata, 'commandId' | 'bodyDigest'>, answer: string, position: bigint): void {
    // A stream that is folded anew tells them again.
    if (this.commands.has(commandId)) return;
    this.commands.set(commandId, { bodyDigest, answer, position });
    this.bytes += answer.length + bytesBesideAnswer;
    this.forget();
  }

  begin(commandId: string): void {
    this.begun.add(commandId);
    if (this.begun.size > mostBegun) this.begun.delete(this.begun.values().next().value!);
  }

  /** Whoever begins is judged once: what it appended itself changed the resource, perhaps, and is no reason to refuse the rest. */
  hasBegun(commandId: string): boolean {
    return this.begun.has(commandId);
  }

  private forget(): void {
    const passed = this.tables?.position ?? 0n;
    for (const [commandId, { answer, position }] of this.commands) {
      if (position > passed) return;
      this.commands.delete(commandId);
      this.bytes -= answer.length + bytesBesideAnswer;
    }
  }
}
