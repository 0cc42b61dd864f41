// Sobel's gradient. Include inside the unit's anonymous namespace, after scene.inl.

double sobel(const double* above, const double* here, const double* below, int count, double* x, double* y) {
  Doubles sum{};
  for (int i = 0; i < count; i += kLanes) {
    const Doubles left = at(above + i) + 2.0 * at(here + i) + at(below + i);
    const Doubles right = at(above + i + 2) + 2.0 * at(here + i + 2) + at(below + i + 2);
    const Doubles top = at(above + i) + 2.0 * at(above + i + 1) + at(above + i + 2);
    const Doubles bottom = at(below + i) + 2.0 * at(below + i + 1) + at(below + i + 2);
    const Doubles across = (right - left) * 0.125, down = (bottom - top) * 0.125;
    at(x + i) = across;
    at(y + i) = down;
    double squares[kLanes];
    at(squares) = across * across + down * down;
    takeMagnitudeRoots(squares);
    Doubles magnitude = at(squares);
    if (i + kLanes > count) keepLanes(count - i, magnitude);
    sum += magnitude;
  }
  return sumOf(sum);
}
