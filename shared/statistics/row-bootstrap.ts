import { type SeededGenerator, seededGenerator } from './seeded.ts';

export interface RowBootstrap {
  /** Values of the rows, a column each, all of one length. */
  readonly columns: readonly Float64Array[];
  /** The quantity on the rows of these indices, NaN where it is not defined; it must not keep `indices`. */
  readonly statistic: (columns: readonly Float64Array[], indices: Uint32Array) => number;
  readonly replicates: number;
  readonly seed: number;
  /** The group of each row; rows of a group are drawn together, as many groups as there are. */
  readonly groups?: Uint32Array;
}

/**
 * Bootstrap replicates of any quantity of rows: rows drawn with replacement (Efron, "Bootstrap methods: another look at
 * the jackknife", 1979), or whole groups where rows of a group depend on each other (Davison and Hinkley 1997, 3.8).
 */
export function rowBootstrap(options: RowBootstrap): Float64Array {
  const { columns, statistic } = options;
  const rows = columns[0]?.length ?? 0;
  if (columns.some((column) => column.length !== rows) || (options.groups ?? columns[0])?.length !== rows) {
    throw new RangeError('A bootstrap of rows needs columns of one length, and a group for each row.');
  }
  const random = seededGenerator(options.seed);
  const draw = options.groups === undefined ? rowDraw(rows) : groupDraw(options.groups);
  const result = new Float64Array(options.replicates);
  for (let replicate = 0; replicate < result.length; replicate++) {
    result[replicate] = statistic(columns, draw(random.below));
  }
  return result;
}

type Draw = (below: SeededGenerator['below']) => Uint32Array;

function rowDraw(rows: number): Draw {
  const indices = new Uint32Array(rows);
  return (below) => {
    for (let i = 0; i < rows; i++) indices[i] = below(rows);
    return indices;
  };
}

function groupDraw(groups: Uint32Array): Draw {
  // Rows sorted by group, with where each group starts, so that a drawn group is one copy.
  const rows = Uint32Array.from(groups.keys()).sort((a, b) => (groups[a] ?? 0) - (groups[b] ?? 0) || a - b);
  const starts: number[] = [];
  rows.forEach((row, position) => {
    if (position === 0 || groups[row] !== groups[rows[position - 1] ?? 0]) starts.push(position);
  });
  const members = starts.map((start, group) => rows.subarray(start, starts[group + 1] ?? rows.length));
  const largest = members.reduce((most, { length }) => Math.max(most, length), 0);
  let indices = new Uint32Array(2 * rows.length);
  return (below) => {
    let filled = 0;
    // As many draws as there are groups; which one this turn is of does not matter.
    for (const turn of members) {
      const group = members[below(members.length)] ?? turn;
      if (filled + largest > indices.length) {
        const longer = new Uint32Array(2 * indices.length + largest);
        longer.set(indices);
        indices = longer;
      }
      indices.set(group, filled);
      filled += group.length;
    }
    return indices.subarray(0, filled);
  };
}
