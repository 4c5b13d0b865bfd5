import { printable, shortened, shownLength } from './text';
import { type Column, colorsFor, renderTable, renderTabbed } from './table';

interface Row {
  readonly node: string;
  readonly port: number;
}

const colors = colorsFor(false, {});
const columns: readonly Column<Row>[] = [
  { title: 'NODE', text: row => row.node, least: 8 },
  { title: 'PORT', text: row => String(row.port), align: 'right' },
];
const rows: readonly Row[] = [
  { node: 'mn-1@home.example.net', port: 5004 },
  { node: 'mn-17', port: 49152 },
];

describe('a table', () => {
  it('aligns its columns', () => {
    expect(renderTable(columns, rows, 80, colors)).toEqual(['NODE                    PORT', 'mn-1@home.example.net   5004', 'mn-17                  49152']);
  });

  it('is cut to the width of the terminal where a column allows it, and no further', () => {
    expect(renderTable(columns, rows, 20, colors)).toEqual(['NODE            PORT', 'mn-1@h…le.net   5004', 'mn-17          49152']);
    for (const line of renderTable(columns, rows, 3, colors)) expect(shownLength(line)).toBeLessThanOrEqual(8 + 2 + 5);
  });

  it('keeps its width when cells are coloured', () => {
    const painted = [{ ...columns[0]!, paint: (cell: string) => `\u001b[33m${cell}\u001b[39m` }, columns[1]!];
    expect(renderTable(painted, rows, 80, colors).map(shownLength)).toEqual([28, 28, 28]);
  });

  it('has tabs, a heading for programs and nothing cut in a pipe', () => {
    expect(renderTabbed(columns, rows)).toEqual(['node\tport', 'mn-1@home.example.net\t5004', 'mn-17\t49152']);
  });
});

describe('colours', () => {
  it.each([
    [true, {}, true],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { TERM: 'dumb' }, false],
    [false, {}, false],
  ])('on a terminal (%s) with %j: %s', (isTerminal, env, coloured) => {
    expect(colorsFor(isTerminal, env).red('x') !== 'x').toBe(coloured);
  });
});

describe('text of others', () => {
  it('F30 cannot command the terminal', () => {
    expect(printable('mn\u001b[2J-1\r\n\u202e\u009b')).toBe('mn\\x1b[2J-1\\x0d\\x0a\\u202e\\x9b');
    expect(printable('grün@例え.example')).toBe('grün@例え.example');
    expect(printable(null)).toBe('');
  });

  it('is shortened in the middle, to the width and no more', () => {
    expect(shortened('2001:db8:1234:5678::1', 11)).toBe('2001:…78::1');
    expect(shortened('short', 11)).toBe('short');
    for (const width of [0, 1, 2, 3]) expect([...shortened('abcdef', width)].length).toBe(width);
  });
});
