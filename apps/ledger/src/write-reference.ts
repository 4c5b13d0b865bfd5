import 'reflect-metadata';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { referencePages } from './reference';

for (const [file, content] of Object.entries(referencePages())) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
}
