import Table from 'cli-table3';
import { passes, type Result } from './figure';

export function isPassed(result: Result): boolean {
  return !('cannot' in result) && passes(result);
}

/** For people: one row a figure. */
export function tableOf(results: readonly Result[]): string {
  const table = new Table({
    head: ['figure', 'measure', 'ours', 'anchor', 'value', 'goal', ''],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [] },
  });
  for (const result of results) {
    if ('cannot' in result) {
      table.push([result.name, result.measure, result.ours === undefined ? '' : digits(result.ours), '', '', '', `short: ${result.cannot}`]);
      continue;
    }
    const { name, measure, ours, anchor, value, unit, goal, fault } = result;
    const suffix = unit === 'ratio' ? ' ×' : ` ${unit}`;
    const wanted = `${goal.bound === 'at-least' ? '≥' : '≤'} ${goal.value}${suffix}`;
    const verdict = passes(result) ? 'pass' : fault === undefined ? 'short' : `short: ${fault}`;
    table.push([name, measure, digits(ours), anchor === null ? '–' : digits(anchor), digits(value) + suffix, wanted, verdict]);
  }
  return table.toString();
}

/** For machines: `{ "D1": { "value": …, "unit": "ratio", "ours": …, "anchor": …, "goal": …, "pass": true } }`. */
export function jsonOf(results: readonly Result[]): string {
  const entries = results.map((result) => {
    if ('cannot' in result) {
      return [result.name, { value: null, unit: null, ours: result.ours ?? null, anchor: null, goal: null, pass: false, reason: result.cannot }];
    }
    const { value, unit, ours, anchor, goal } = result;
    return [result.name, { value, unit, ours, anchor, goal: goal.value, pass: passes(result) }];
  });
  return `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`;
}

/** Three digits that count; more only where the number itself has them. */
function digits(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}
