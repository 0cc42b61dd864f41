// All functions of a unit. Include inside the unit's anonymous namespace, last.

static_assert(kLanes == kMetricLanes);

constexpr MetricKernels metricKernels(const char* name) {
  return {name,
          read<std::uint8_t>,
          read<std::uint16_t>,
          read<float>,
          add,
          squaredDifferences,
          multiply,
          smoothColumns<kSimilarityRadius>,
          compare,
          roundToGrey,
          square,
          smoothColumns<kSceneRadius>,
          normalise,
          addMoments,
          halveColumns,
          halveRows,
          sobel};
}
