import type { Snapshot } from './watch';

/** What the play is and how far it has come. */
export interface PlayState {
  readonly url: string;
  readonly playedSeconds: number;
  readonly durationSeconds: number;
  readonly speed: number;
}

/** Somebody watches the play: a person at a terminal, a log, or nobody. */
export interface Show {
  draw(snapshot: Snapshot, play: PlayState): Promise<void>;
  close(): Promise<void>;
}

export const noShow: Show = { draw: async () => undefined, close: async () => undefined };

/** `02:13` of seconds. */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${String(Math.floor(whole / 60)).padStart(2, '0')}:${String(whole % 60).padStart(2, '0')}`;
}
