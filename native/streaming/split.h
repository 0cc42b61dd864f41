// How the columns of a row are divided among the threads.
#pragma once

#include "network/graph.h"
#include "streaming/memory_plan.h"

namespace perifocal {

/// Columns [begin, end) of a thread.
struct ColumnRange {
  int begin, end;
};

/// The share of `thread`; no thread gets fewer columns than a tile, unless it gets none.
ColumnRange columnsOf(int thread, int threads, int columns, int tilePixels);

/// Columns among which the threads divide the work on a row of a stage.
int columnsOfStage(const Stage& stage, int passWidth);

/// Multiply-accumulates of the busiest thread, over a pass, for one that an even split would give it; at least 1.
double splitImbalance(const Graph& graph, const PassShape& pass, int tilePixels);

}  // namespace perifocal
