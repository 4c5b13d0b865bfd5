import { decodeFigure } from './d1-decode';
import { ingestFigure } from './d2-ingest';
import type { Figure } from './figure';
import { idleMemoryFigure } from './m1-idle-memory';
import { commandsFigure } from './p1-commands';
import { serversFigure } from './p10-servers';
import { appendFigure } from './p2-append';
import { idleCallerFigure } from './p3-idle-caller';
import { demoFigure } from './s1-demo';

export const figures: readonly Figure[] = [
  commandsFigure, appendFigure, idleCallerFigure, serversFigure, decodeFigure, ingestFigure, idleMemoryFigure, demoFigure,
];
