import { describe, expect, it } from 'vitest';
import { makeFreeDisk } from '../../../src/store/free-disk.ts';

function makeDisk(freePages: number) {
  let asked = 0;
  const database = {
    get: (sql: string) => (sql.includes('freelist') ? { freelist_count: freePages } : { page_size: 4_096 }),
  };
  const disk = makeFreeDisk('/queue', database, () => {
    asked += 1;
    return { bavail: 100, bsize: 1_000 };
  });
  return { disk, asked: () => asked };
}

describe('makeFreeDisk()', () => {
  it('counts pages that the database has freed for rows, and not for files', () => {
    const { disk } = makeDisk(2);

    expect([disk.forRows(), disk.forFiles()]).toEqual([108_192, 100_000]);
  });

  it('asks once until it is told to forget, and takes off what is being written meanwhile', () => {
    const { disk, asked } = makeDisk(0);
    disk.take(1);
    const first = disk.forRows();
    disk.take(30_000);
    const second = disk.forRows();
    disk.forget();

    expect([first, second, disk.forRows(), asked()]).toEqual([100_000, 70_000, 100_000, 2]);
  });
});
