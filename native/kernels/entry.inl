// What an instruction set hands to the registry. Included last.

template <class Isa>
constexpr Kernels kernelsOf() {
  constexpr KernelLayout kLayout = Isa::Shape::kLayout;
  Kernels kernels{Isa::Shape::kName,
                  Isa::Shape::kDescription,
                  kLayout,
                  convolve<Isa>,
                  multiply<Isa>,
                  nullptr,
                  nullptr,
                  addPixels<Isa, std::uint8_t>,
                  addPixels<Isa, std::int32_t>,
                  spin<Isa>};
  if constexpr (kLayout.hasWinograd()) {
    kernels.transformWeights = transformWeights<Isa>;
    kernels.convolveWinograd = convolveWinograd<Isa>;
  }
  return kernels;
}
