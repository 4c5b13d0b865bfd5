import pc from 'picocolors';
import { shortened, shownLength } from './text';

export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  /** Colours a cell that is already cut and padded. */
  readonly paint?: (cell: string, row: Row) => string;
  readonly align?: 'left' | 'right';
  /** May be cut down to this many characters where the terminal is narrow; a column without it never is. */
  readonly least?: number;
  /** Left out, before any other column is cut, where the terminal is too narrow. */
  readonly dispensable?: true;
}

/** For people: aligned columns under a dim heading, cut to fit `width` where columns allow it. */
export function renderTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number, colors: Colors): string[] {
  const cells = rows.map(row => columns.map(column => column.text(row)));
  const natural = columns.map((column, i) => Math.max(column.title.length, ...cells.map(row => shownLength(row[i] ?? ''))));
  const dispensable = columns.findLast(column => column.dispensable);
  if (dispensable && natural.reduce((sum, w) => sum + w + 2, -2) > width) {
    return renderTable(columns.filter(column => column !== dispensable), rows, width, colors);
  }
  const widths = fit(columns, natural, width);
  const heading = columns.map((column, i) => pad(shortened(column.title, widths[i] ?? 0), widths[i] ?? 0, column.align));
  const body = rows.map((row, r) =>
    columns.map((column, i) => {
      const cell = pad(shortened(cells[r]?.[i] ?? '', widths[i] ?? 0), widths[i] ?? 0, column.align);
      return column.paint === undefined ? cell : column.paint(cell, row);
    }),
  );
  return [colors.dim(heading.join('  ').trimEnd()), ...body.map(line => line.join('  ').trimEnd())];
}

/** For programs: tabs between cells, a heading line, nothing cut. */
export function renderTabbed<Row>(columns: readonly Column<Row>[], rows: readonly Row[], heading = true): string[] {
  const lines = rows.map(row => columns.map(column => column.text(row)).join('\t'));
  return heading ? [columns.map(column => column.title.toLowerCase().replaceAll(' ', '_')).join('\t'), ...lines] : lines;
}

/** The widest column that may shrink gives way first, a character at a time. */
function fit<Row>(columns: readonly Column<Row>[], natural: readonly number[], width: number): number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, w) => sum + w, 0) + 2 * (widths.length - 1) - width;
  while (excess > 0) {
    let widest = -1;
    columns.forEach((column, i) => {
      if ((widths[i] ?? 0) > (column.least ?? Infinity) && (widest < 0 || (widths[i] ?? 0) > (widths[widest] ?? 0))) widest = i;
    });
    if (widest < 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
  return widths;
}

function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(0, width - shownLength(text)));
  return align === 'right' ? space + text : text + space;
}

export type Colors = ReturnType<typeof pc.createColors>;

/** Colours only on a terminal, and never where NO_COLOR says so (https://no-color.org: present and not empty). */
export function colorsFor(isTerminal: boolean, env: NodeJS.ProcessEnv): Colors {
  return pc.createColors(isTerminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb');
}
