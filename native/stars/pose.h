// How a camera is turned, and what it is like: fitted to stars whose directions are known.
#pragma once

#include <array>
#include <span>

namespace perifocal {

using Vector3 = std::array<double, 3>;

/// A star as a frame has it: tangents of its direction for a nominal camera, and their covariance.
struct SeenStar {
  double u, v;
  double uu, vv, uv;
  double magnitude;  ///< of any zero point
};

/// u = scale a (1 + bend (a^2 + b^2)) + centre, where (a, b, 1) is along rotation * direction.
struct Pose {
  std::array<double, 9> rotation{1, 0, 0, 0, 1, 0, 0, 0, 1};
  double scale = 1, centreU = 0, centreV = 0, bend = 0;

  /// In the frame of the sensor.
  Vector3 turn(const Vector3& direction) const;
  Vector3 turnBack(const Vector3& direction) const;
  /// False behind the camera.
  bool project(const Vector3& direction, double& u, double& v) const;
  /// Unit vector in the frame of the sensor.
  Vector3 unproject(double u, double v) const;
};

/// Standard deviations of what is known of the camera beforehand; 0: it is exact, and not fitted.
struct PosePrior {
  double scale, centre, bend;
};

/// A star as seen and as known.
struct StarSight {
  const SeenStar* seen;
  Vector3 direction;
};

struct PoseFit {
  std::array<double, 9> covariance{};  ///< of the rotation vector in the frame of the sensor
  double scaleSigma = 0;
  double chi2 = 0;  ///< of all residuals
};

/// The rotation that takes two directions to two others, exactly the first.
std::array<double, 9> alignPair(const Vector3& from, const Vector3& fromOther, const Vector3& to,
                                const Vector3& toOther);

/// Improves a pose by least squares (Gauss-Newton). False where the stars do not determine it.
/// @param extraVariance added to that of every coordinate
bool fitPose(std::span<const StarSight> sights, const PosePrior& prior, double extraVariance, Pose& pose, PoseFit& fit);

}  // namespace perifocal
