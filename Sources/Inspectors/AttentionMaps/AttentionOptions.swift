import ArgumentParser
import Attention
import Commands
import Foundation

/// What to look at.
struct LookOptions: ParsableArguments {
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
      "Only these timesteps, counted from 0, such as 981,501,1: the nearest steps of the walk, or with --image exactly these. (default: every step; with --image ten, with --evaluate four of them)",
      valueName: "numbers"))
  var timesteps: String?

  @Option(
    help: ArgumentHelp(
      "Only layers with these grids, height x width, such as 16 or 8x12,16x24. (default: all)",
      valueName: "sizes"))
  var resolution: String?

  @Flag(help: "Also the maps of the negative prompt, or of no prompt.")
  var unconditional = false

  @Flag(help: "Also self-attention: which pixels look at which pixels.")
  var selfAttention = false

  init() {}

  mutating func validate() throws { _ = try selection() }

  /// The lists, read.
  /// - Throws: `ValidationError`.
  func selection() throws -> MapSelection {
    var selection = MapSelection()
    selection.layers = try layers.map { try Values.list("--layers", $0, like: "up,mid") } ?? []
    selection.heads = try Self.numbers("--heads", heads, upTo: 1023)
    selection.timesteps = try Self.numbers("--timesteps", timesteps, upTo: 999_999).map(Double.init)
    let sizes = try resolution.map { try Values.list("--resolution", $0, like: "16,8x12") } ?? []
    selection.resolutions = try sizes.map { part in
      let sides = part.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
      let numbers = sides.compactMap(\.self).filter { $0 > 0 }
      guard numbers.count == sides.count, 1...2 ~= numbers.count else {
        throw ValidationError("--resolution: expected sizes such as 16 or 8x12, found '\(part)'")
      }
      return [numbers[0], numbers[numbers.count - 1]]
    }
    return selection
  }

  /// The timesteps of passes over a person's picture, in the order in which they were named.
  /// - Throws: `ValidationError` for one that the schedule does not have.
  func pictureTimesteps(of count: Int, default usual: [Int]) throws -> [Int] {
    guard timesteps != nil else { return usual.filter { $0 < count } }
    let wanted = try selection().timesteps.map { Int($0) }
    for t in wanted { try Check.range("--timesteps", t, 0...count - 1) }
    return wanted
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

/// What to change, to see whether a word makes what its heatmap shows.
struct ChangeOptions: ParsableArguments {
  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Draw the picture again with no pixel looking at a word; may be given several times. (default: none)",
      valueName: "word"))
  var ablate: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "The same, and in the text encoder no other token looks at it either. (default: none)",
      valueName: "word"))
  var erase: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Draw it again with a word's attention times a factor, such as moon=1.5 (Prompt-to-Prompt). (default: none)",
      valueName: "word=factor"))
  var scale: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Draw it again with another word in the place of one, under the first prompt's attention, such as boat=tent (Prompt-to-Prompt). (default: none)",
      valueName: "old=new"))
  var swap: [String] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "For --scale and --swap: the share of the steps with the first picture's cross-attention. (default: 0.8)",
      valueName: "share"), transform: Values.number)
  var crossReplace: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "For --scale and --swap: the share of the steps with its self-attention. (default: 0.4)",
      valueName: "share"), transform: Values.number)
  var selfReplace: Double?

  init() {}

  var isEmpty: Bool { ablate.isEmpty && erase.isEmpty && scale.isEmpty && swap.isEmpty }

  var schedule: InjectionSchedule {
    var schedule = InjectionSchedule()
    schedule.cross = crossReplace ?? schedule.cross
    schedule.selfAttention = selfReplace ?? schedule.selfAttention
    return schedule
  }

  mutating func validate() throws {
    for (option, value) in [("--cross-replace", crossReplace), ("--self-replace", selfReplace)] {
      guard let value else { continue }
      try Check.range(option, value, 0...1)
      guard !scale.isEmpty || !swap.isEmpty else {
        throw ValidationError("\(option): expected together with --scale or --swap, found alone")
      }
    }
    _ = try interventions()
  }

  /// The changes in the order of the options.
  /// - Throws: `ValidationError`.
  func interventions() throws -> [Intervention] {
    var interventions: [Intervention] = try ablate.map { word in
      guard !word.isEmpty else { throw ValidationError("--ablate: expected a word, found ''") }
      return .ablate(word)
    }
    interventions += try erase.map { word in
      guard !word.isEmpty else { throw ValidationError("--erase: expected a word, found ''") }
      return .erase(word)
    }
    interventions += try scale.map { text in
      let (word, factor) = try Self.pair("--scale", text, like: "moon=1.5")
      guard let number = try? Values.number(factor), number.isFinite else {
        throw ValidationError(
          "--scale: expected a number after =, such as moon=1.5, found '\(text)'")
      }
      try Check.range("--scale", number, -100...100)
      return .scale(word, number)
    }
    interventions += try swap.map { text in
      let (old, new) = try Self.pair("--swap", text, like: "boat=tent")
      return .swap(old: old, new: new)
    }
    return interventions
  }

  private static func pair(
    _ option: String, _ text: String, like example: String
  ) throws -> (String, String) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
      throw ValidationError("\(option): expected \(example), found '\(text)'")
    }
    return (String(parts[0]), String(parts[1]))
  }
}
