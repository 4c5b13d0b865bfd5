/** One line of the doctor. `wrong` makes the exit code 1 and says in `advice` what to do. */
export interface Check {
  readonly name: string;
  readonly state: 'good' | 'note' | 'wrong';
  readonly finding: string;
  readonly advice?: string;
}

export function good(name: string, finding: string): Check {
  return { name, state: 'good', finding };
}

/** Not wrong, and worth knowing. */
export function note(name: string, finding: string): Check {
  return { name, state: 'note', finding };
}

export function wrong(name: string, finding: string, advice: string): Check {
  return { name, state: 'wrong', finding, advice };
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? (error.message || (error as NodeJS.ErrnoException).code || error.name) : String(error);
}
