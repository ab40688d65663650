/// Which of the T training timesteps a sampler of S steps visits.
///
/// Source: Lin et al. (arXiv:2305.08891) Table 2; the rounding is that of diffusers.
public enum TimestepSpacing: String, CaseIterable, Sendable {
  /// 0, c, 2c, … with c = T/S rounded down, all moved up by the offset: misses the noisiest end.
  case leading
  /// T − 1, T − 1 − T/S, … : always starts from the noisiest timestep.
  case trailing
  /// From T − 1 to 0 in equal steps, both included.
  case linspace

  /// The timesteps of S steps, highest first.
  /// - Parameters:
  ///   - steps: S.
  ///   - count: T.
  ///   - offset: added to every timestep of `leading` (diffusers' `steps_offset`).
  /// - Throws: `SamplerError` when there are no S different timesteps within 0 ..< T.
  func timesteps(_ steps: Int, of count: Int, offset: Int) throws -> [Int] {
    let timesteps = try fractionalTimesteps(steps, of: count, offset: offset)
    return try checked(timesteps.map { $0.rounded(.toNearestOrEven) }, steps, count).map(Int.init)
  }

  /// The same, but `linspace` may stop between two timesteps, as in k-diffusion's samplers.
  func fractionalTimesteps(_ steps: Int, of count: Int, offset: Int) throws -> [Double] {
    guard (1...count).contains(steps) else { throw SamplerError.steps(steps, limit: count) }
    let timesteps: [Double]
    switch self {
    case .leading:
      timesteps = (0..<steps).map { Double($0 * (count / steps) + offset) }.reversed()
    case .trailing:
      let stride = Double(count) / Double(steps)
      timesteps = (0..<steps).map {
        (Double(count) - Double($0) * stride).rounded(.toNearestOrEven) - 1
      }
    case .linspace:
      let stride = steps > 1 ? Double(count - 1) / Double(steps - 1) : 0
      timesteps = (0..<steps).map { min(Double($0) * stride, Double(count - 1)) }.reversed()
    }
    return try checked(timesteps, steps, count)
  }

  /// The timesteps of a solver that goes from S + 1 points over S gaps: all but the lowest point.
  /// - Parameter limit: the noisiest timestep that may be used, plus one; T unless the solver skips
  ///   some.
  func solverTimesteps(
    _ steps: Int, of count: Int, below limit: Int, offset: Int
  ) throws -> [Int] {
    guard steps >= 1, steps < limit else {
      throw SamplerError.steps(steps, limit: max(limit - 1, 0))
    }
    let timesteps: [Double]
    switch self {
    case .leading:
      timesteps = (1...steps).map { Double($0 * (limit / (steps + 1)) + offset) }.reversed()
    case .trailing:
      let stride = Double(count) / Double(steps)
      timesteps = (0..<steps).map { Double(limit) - Double($0) * stride }.prefix { $0 > 0 }
        .map { $0.rounded(.toNearestOrEven) - 1 }
    case .linspace:
      let stride = Double(limit - 1) / Double(steps)
      timesteps = (1...steps).map { (Double($0) * stride).rounded(.toNearestOrEven) }.reversed()
    }
    return try checked(timesteps, steps, count).map(Int.init)
  }

  private func checked(_ timesteps: [Double], _ steps: Int, _ count: Int) throws -> [Double] {
    let falling = zip(timesteps, timesteps.dropFirst()).allSatisfy(>)
    guard falling, let first = timesteps.first, let last = timesteps.last,
      first <= Double(count - 1), last >= 0
    else { throw SamplerError.timesteps(steps: steps, spacing: self, count: count) }
    return timesteps
  }
}
