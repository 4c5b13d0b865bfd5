import { Sweep } from './sweep';

describe('Sweep', () => {
  it('sweeps once so many rows were written, and counts from there anew', async () => {
    const swept: number[] = [];
    let written = 0;
    const sweep = new Sweep(10, () => Promise.resolve(swept.push(written)));
    for (const rows of [4, 5, 1, 9, 3, 25]) {
      written += rows;
      await sweep.wrote(rows);
    }
    expect(swept).toEqual([10, 22, 47]);
  });
});
