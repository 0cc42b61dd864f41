// SSIM (Wang et al. 2004, equations 12 and 13). Include inside the unit's anonymous namespace, after smooth.inl.

void multiply(const double* x, const double* y, int count, double* squares, double* products) {
  for (int i = 0; i < count; i += kLanes) {
    const Doubles left = at(x + i), right = at(y + i);
    at(squares + i) = left * left + right * right;
    at(products + i) = left * right;
  }
}

SimilaritySums compare(const SimilarityRow& row, int count) {
  Doubles ssim{}, contrastStructure{};
  for (int i = 0; i < count; i += kLanes) {
    Doubles x, y, squares, products;
    smoothLanes<kSimilarityRadius>(row.x + i, row.weights, x);
    smoothLanes<kSimilarityRadius>(row.y + i, row.weights, y);
    smoothLanes<kSimilarityRadius>(row.squares + i, row.weights, squares);
    smoothLanes<kSimilarityRadius>(row.products + i, row.weights, products);
    const Doubles means = x * y, power = x * x + y * y;
    const Doubles luminance = power + row.c1, contrast = squares - power + row.c2;
    // One division for two quotients.
    const Doubles part = (2.0 * (products - means) + row.c2) / (luminance * contrast);
    Doubles structure = part * luminance;
    Doubles similarity = part * (2.0 * means + row.c1);
    if (i + kLanes > count) {
      keepLanes(count - i, structure);
      keepLanes(count - i, similarity);
    }
    ssim += similarity;
    contrastStructure += structure;
  }
  return {sumOf(ssim), sumOf(contrastStructure)};
}
