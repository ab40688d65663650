import ArgumentParser
import Foundation

/// `--layers`, `--heads`, `--timesteps`, `--resolution`: which attention matrices are looked at.
///
/// What was not given is empty, and means all of them.
public struct SelectionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Only these layers: names or their beginnings, such as up,mid or \"down 0\" or a module path. (default: all)",
      valueName: "names"))
  var layers: String?

  @Option(
    help: ArgumentHelp(
      "Only these heads, counted from 0, such as 0,3. (default: all)", valueName: "numbers"))
  var heads: String?

  @Option(
    help: ArgumentHelp(
      "Only these timesteps, counted from 0, such as 981,501,1: the nearest steps of a walk, or of a picture that is noised exactly these. (default: every step of a walk; a picture is noised to ten, to be pointed at to six)",
      valueName: "numbers"))
  var timesteps: String?

  @Option(
    help: ArgumentHelp(
      "Only layers with these grids, height x width, such as 16 or 8x12,16x24. (default: all)",
      valueName: "sizes"))
  var resolution: String?

  /// The options as they are before a command line is parsed.
  public init() {}

  /// Reads all lists, before any work.
  /// - Throws: `ValidationError`, which names the option.
  public mutating func validate() throws {
    _ = (try layerNames(), try headNumbers(), try timestepNumbers(), try grids())
  }

  /// The first of the options that was given, with its dashes; nil when all is looked at.
  public var given: String? {
    let all = [
      ("--layers", layers), ("--heads", heads), ("--timesteps", timesteps),
      ("--resolution", resolution),
    ]
    return all.first { $0.1 != nil }?.0
  }

  /// Parts of layers' names.
  /// - Throws: `ValidationError`.
  public func layerNames() throws -> [String] {
    try layers.map { try Values.list("--layers", $0, like: "up,mid") } ?? []
  }

  /// 0-based.
  /// - Throws: `ValidationError`.
  public func headNumbers() throws -> [Int] { try Self.numbers("--heads", heads, upTo: 1023) }

  /// 0-based.
  /// - Throws: `ValidationError`.
  public func timestepNumbers() throws -> [Int] {
    try Self.numbers("--timesteps", timesteps, upTo: 999_999)
  }

  /// What all four options select, made by `make`.
  /// - Throws: `ValidationError`.
  public func selecting<Selection>(
    _ make: (
      _ layers: [String], _ heads: [Int], _ timesteps: [Double], _ resolutions: [[Int]]
    ) -> Selection
  ) throws -> Selection {
    try make(layerNames(), headNumbers(), timestepNumbers().map(Double.init), grids())
  }

  /// Each as [height, width].
  /// - Throws: `ValidationError`.
  public func grids() throws -> [[Int]] {
    let sizes = try resolution.map { try Values.list("--resolution", $0, like: "16,8x12") } ?? []
    return try sizes.map { part in
      let sides = part.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
      let numbers = sides.compactMap(\.self).filter { $0 > 0 }
      guard numbers.count == sides.count, 1...2 ~= numbers.count else {
        throw ValidationError("--resolution: expected sizes such as 16 or 8x12, found '\(part)'")
      }
      return [numbers[0], numbers[numbers.count - 1]]
    }
  }

  /// The timesteps that a picture is noised to, in the order in which they were named, noted as the
  /// run's.
  /// - Parameters:
  ///   - run: whose manifest notes them.
  ///   - count: how many the schedule has.
  ///   - usual: what is taken where none is named, as far as the schedule goes.
  /// - Throws: `ValidationError` for one that the schedule does not have.
  public func noisedTimesteps(
    _ run: InspectorRun, of count: Int, default usual: [Int]
  ) throws -> [Int] {
    try checkTimesteps(of: count)
    let wanted = try timestepNumbers()
    let taken = timesteps == nil ? usual.filter { $0 < count } : wanted
    run.setting("timesteps", .list(taken.map { .whole($0) }))
    return taken
  }

  /// Refuses timesteps that the schedule does not have.
  /// - Parameter count: how many it has.
  /// - Throws: `ValidationError`.
  public func checkTimesteps(of count: Int) throws {
    for t in try timestepNumbers() { try Check.range("--timesteps", t, 0...count - 1) }
  }

  /// Each number once, in the order in which they were named.
  private static func numbers(_ option: String, _ list: String?, upTo most: Int) throws -> [Int] {
    guard let list else { return [] }
    var numbers: [Int] = []
    for number in try Values.wholeNumbers(option, list, like: "0,3") {
      try Check.range(option, number, 0...most)
      if !numbers.contains(number) { numbers.append(number) }
    }
    return numbers
  }
}
