import { decisionsFigure } from './c1-decisions';
import { foldFigure } from './c3-fold';
import { leasesFigure } from './c4-leases';
import { decodeFigure } from './d1-decode';
import { ingestFigure } from './d2-ingest';
import type { Figure } from './figure';
import { idleMemoryFigure } from './m1-idle-memory';
import { commandsFigure } from './p1-commands';
import { batchFigure } from './p12-batch';
import { serversFigure } from './p10-servers';
import { appendFigure } from './p2-append';
import { idleCallerFigure } from './p3-idle-caller';
import { importFigure } from './p4-import';
import { growthFigure } from './p6-growth';
import { demoFigure } from './s1-demo';

export const figures: readonly Figure[] = [
  commandsFigure, appendFigure, idleCallerFigure, importFigure, growthFigure, serversFigure, batchFigure,
  decisionsFigure, foldFigure, leasesFigure, decodeFigure, ingestFigure, idleMemoryFigure, demoFigure,
];
