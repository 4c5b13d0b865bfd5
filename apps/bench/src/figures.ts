import { decodeFigure } from './d1-decode';
import { ingestFigure } from './d2-ingest';
import type { Figure } from './figure';
import { idleMemoryFigure } from './m1-idle-memory';
import { demoFigure } from './s1-demo';

export const figures: readonly Figure[] = [decodeFigure, ingestFigure, idleMemoryFigure, demoFigure];
