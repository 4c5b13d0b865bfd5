import type { BenchOptions } from './options';

export interface Goal {
  readonly bound: 'at-least' | 'at-most';
  readonly value: number;
}

/** One entry of bench-results.json. */
export interface Measured {
  /** The figure's name, or with a suffix where it measures several things: `D1-memory`. */
  readonly name: string;
  /** What is measured, against what, and the unit of `ours` and `anchor`. */
  readonly measure: string;
  readonly value: number;
  readonly unit: 'ratio' | 'MB' | 's' | 'ms' | '1/s' | 'bytes';
  readonly ours: number;
  /** Measured in the same run on the same machine; null where the goal is an amount. */
  readonly anchor: number | null;
  readonly goal: Goal;
  /** Why it is short whatever its value: the two sides did not do the same work. */
  readonly fault?: string;
}

/** One row of the table of goals: what to measure, and with what. */
export interface Figure {
  readonly name: string;
  readonly title: string;
  run(options: BenchOptions, tell: (line: string) => void): Promise<readonly Result[]>;
}

/** A figure that could not be measured is short, with the reason in place of a value. */
export interface NotMeasured {
  readonly name: string;
  readonly measure: string;
  readonly cannot: string;
  /** Our side, where only the anchor is missing. */
  readonly ours?: number;
}

export type Result = Measured | NotMeasured;

/** What a figure needs and this machine does not have: the figure is short, the others go on. */
export class CannotMeasure extends Error {
  override readonly name = 'CannotMeasure';
}

export function passes({ value, goal, fault }: Measured): boolean {
  if (fault !== undefined) return false;
  return goal.bound === 'at-least' ? value >= goal.value : value <= goal.value;
}
