import Foundation
import Tensors

/// A density on a line, known on a fine grid.
package struct LineDensity: Sendable {
  /// Where the grid ends on both sides.
  package static let reach = 6.0
  private static let step = 0.01
  /// The points of the grid.
  package static let grid = (0...Int(2 * reach / step)).map { -reach + Double($0) * step }
  /// The standard normal density.
  package static let normal = LineDensity(logs: grid.map { -0.5 * $0 * $0 })

  /// At the points of the grid; its integral is 1.
  package let values: [Double]
  /// The mass below each point.
  private let mass: [Double]

  /// - Parameter log: the logarithm of the density up to a constant, for each row of [B, 1].
  package init(_ log: (Tensor) -> [Double]) {
    self.init(logs: log(Tensor([Self.grid.count, 1], Self.grid.map(Float.init))))
  }

  private init(logs: [Double]) {
    let largest = logs.max() ?? 0
    let raw = logs.map { exp($0 - largest) }
    var (mass, sum) = ([0.0], 0.0)
    for i in raw.indices.dropFirst() {
      sum += (raw[i - 1] + raw[i]) / 2 * Self.step
      mass.append(sum)
    }
    values = raw.map { $0 / sum }
    self.mass = mass.map { $0 / sum }
  }

  /// The ranks, 0…1, of as many samples that lie as they should.
  package static func ranks(_ count: Int) -> [Double] {
    (0..<count).map { (Double($0) + 0.5) / Double(count) }
  }

  /// The place below which so much of the mass lies.
  package func quantile(_ rank: Double) -> Double {
    var (low, high) = (0, mass.count - 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if mass[middle] < rank { low = middle } else { high = middle }
    }
    let gap = mass[high] - mass[low]
    return Self.grid[low] + (gap > 0 ? (rank - mass[low]) / gap * Self.step : 0)
  }

  /// The mass below a place.
  package func mass(below x: Double) -> Double {
    let place = (min(max(x, -Self.reach), Self.reach) + Self.reach) / Self.step
    let index = min(Int(place), mass.count - 2)
    return mass[index] + (mass[index + 1] - mass[index]) * (place - Double(index))
  }

  /// The 1-Wasserstein distance to samples, smallest first: the mean way from each to where the
  /// density has that rank.
  package func wasserstein(to samples: [Double]) -> Double {
    let way = zip(samples, Self.ranks(samples.count)).map { abs($0 - quantile($1)) }
    return way.reduce(0, +) / Double(samples.count)
  }

  /// The total variation distance to samples, smallest first, each of which stands for the same mass:
  /// half of the sum, over the gaps between them, of how much more or less lies there. 0…1.
  package func totalVariation(to samples: [Double]) -> Double {
    guard let first = samples.first, let last = samples.last else { return .nan }
    let share = 1 / Double(samples.count)
    let inner = zip(samples, samples.dropFirst()).map {
      abs(mass(below: $1) - mass(below: $0) - share)
    }
    let ends = abs(mass(below: first) - share / 2) + abs(1 - mass(below: last) - share / 2)
    return (inner.reduce(0, +) + ends) / 2
  }

  /// The density of samples, smallest first, each of which stands for the same mass: the mass of the gap
  /// between two lies evenly in it.
  /// - Parameter edges: of the bins, in order.
  /// - Returns: one value for each bin.
  package static func histogram(of samples: [Double], edges: [Double]) -> [Double] {
    var bins = Array(repeating: 0.0, count: max(edges.count - 1, 0))
    guard samples.count > 1 else { return bins }
    let share = 1 / Double(samples.count - 1)
    for (low, high) in zip(samples, samples.dropFirst()) {
      for bin in bins.indices where edges[bin] <= high && edges[bin + 1] > low {
        let width = high - low
        let overlap = min(high, edges[bin + 1]) - max(low, edges[bin])
        // Two samples in one place: all of it in the bin that holds them.
        bins[bin] += share * (width > 0 ? max(overlap, 0) / width : 1)
      }
    }
    return zip(bins, zip(edges, edges.dropFirst())).map { $0 / ($1.1 - $1.0) }
  }
}
