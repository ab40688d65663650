import ArgumentParser
import Commands
import Diffusion
import Foundation

/// `--guidance-scale` as a list, `--guidance-rescale` and `--guidance-interval`.
struct SweepOptions: ParsableArguments {
  /// Weak to far too strong.
  static let usualScales: [Double] = [1, 2, 3, 5, 7.5, 12]
  private static let mostScales = 24
  private static let example = "1,3,7.5 or 1-8"
  private static let everywhere = "everywhere"

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      How strongly the prompt pulls, s in ε_u + s (ε_c − ε_u): a list such as 1,3,7.5, where 1-8 stands \
      for all whole numbers from 1 to 8; 1 is no guidance. \
      (default: \(usualScales.map(Values.text).joined(separator: ",")))
      """, valueName: "s,s,…"))
  var guidanceScale: String?

  @Option(
    decimal: """
      How far the spread of the guided noise goes back to that of ε_c, φ of Lin et al.: 0 not at all, 1 \
      wholly; they take 0.7.
      """, valueName: "phi")
  var guidanceRescale = 0.0

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      The noise levels at which guidance acts, low-high in σ, such as 0.3-5; elsewhere the prompt alone \
      is asked. (default: \(everywhere))
      """, valueName: "low-high"))
  var guidanceInterval: String?

  mutating func validate() throws {
    _ = (try scales(), try interval())
    try Check.range("--guidance-rescale", guidanceRescale, 0...1)
  }

  /// The scales that were given, smallest first, each once; or the usual ones.
  /// - Throws: `ValidationError`, which names the option.
  func scales() throws -> [Double] {
    guard let guidanceScale else { return Self.usualScales }
    let option = "--guidance-scale"
    var scales: Set<Double> = []
    for item in try Values.list(option, guidanceScale, like: Self.example) {
      if let ends = item.wholeMatch(of: /([0-9]+)-([0-9]+)/) {
        guard let low = Int(ends.1), let high = Int(ends.2), low <= high, high <= 100 else {
          throw ValidationError("\(option): expected a range such as 1-8, found '\(item)'")
        }
        scales.formUnion((low...high).map(Double.init))
      } else {
        guard let scale = try? Values.number(item) else {
          throw ValidationError(
            "\(option): expected a list such as \(Self.example), found '\(guidanceScale)'")
        }
        try Check.range(option, scale, 0...100)
        scales.insert(scale)
      }
    }
    guard scales.count <= Self.mostScales else {
      throw ValidationError(
        "\(option): expected at most \(Self.mostScales) scales, found \(scales.count)")
    }
    return scales.sorted()
  }

  /// Nil for everywhere.
  /// - Throws: `ValidationError`, which names the option.
  func interval() throws -> GuidanceInterval? {
    guard let guidanceInterval, guidanceInterval != Self.everywhere else { return nil }
    let ends = guidanceInterval.split(separator: "-", omittingEmptySubsequences: false)
    let numbers = ends.compactMap { try? Values.number(String($0)) }
    guard ends.count == 2, numbers.count == 2, numbers[0] >= 0, numbers[0] < numbers[1],
      numbers[1].isFinite
    else {
      throw ValidationError(
        "--guidance-interval: expected two noise levels such as 0.3-5, found '\(guidanceInterval)'")
    }
    return GuidanceInterval(low: numbers[0], high: numbers[1])
  }

  /// Both refinements, noted as the run's.
  func refinements(_ run: InspectorRun) throws -> GuidanceRefinements {
    GuidanceRefinements(
      rescale: guidanceRescale,
      interval: try run.settled("guidance-interval", guidanceInterval, default: Self.everywhere)
        == Self.everywhere ? nil : interval())
  }
}
