import ArgumentParser
import Attention
import Commands
import Storybook

/// What to change, to see whether a word makes what its heatmap shows.
struct ChangeOptions: ParsableArguments {
  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Draw the picture again with no pixel looking at a word; may be given several times. (default: none; without any change the first thing that the prompt names, also for --erase and --swap)",
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
    decimal:
      "For --scale and --swap: the share of the steps with the first picture's cross-attention.",
    valueName: "share", default: Values.text(InjectionSchedule().cross))
  var crossReplace: Double?

  @Option(
    decimal: "For --scale and --swap: the share of the steps with its self-attention.",
    valueName: "share", default: Values.text(InjectionSchedule().selfAttention))
  var selfReplace: Double?

  init() {}

  /// Until when the first picture's attention is used again.
  func schedule(_ run: InspectorRun) -> InjectionSchedule {
    var schedule = InjectionSchedule()
    schedule.cross = run.settled("cross-replace", crossReplace, default: schedule.cross)
    schedule.selfAttention = run.settled(
      "self-replace", selfReplace, default: schedule.selfAttention)
    return schedule
  }

  /// What was asked for; where nothing was, the first thing that the prompt names is ablated, erased
  /// and swapped, or its longest word.
  /// - Throws: `ValidationError` for a prompt without a word.
  func interventions(_ run: InspectorRun, of columns: PromptColumns) throws -> [Intervention] {
    let asked = try interventions()
    guard asked.isEmpty else { return asked }
    let words = columns.words.map { columns.columns[$0].text }
    let things = Set(ObjectKind.allCases.map(\.rawValue))
    guard
      let word = words.first(where: { things.contains($0.lowercased()) })
        ?? words.max(by: { $0.count < $1.count })
    else { throw ValidationError("--prompt: expected a word to change, found none") }
    let other = word.lowercased() == ObjectKind.tree.rawValue ? ObjectKind.boat : .tree
    run.setting("ablate", .list([.text(word)]))
    run.setting("erase", .list([.text(word)]))
    run.setting("swap", .list([.text("\(word)=\(other.rawValue)")]))
    return [.ablate(word), .erase(word), .swap(old: word, new: other.rawValue)]
  }

  mutating func validate() throws {
    for (option, value) in [("--cross-replace", crossReplace), ("--self-replace", selfReplace)] {
      guard let value else { continue }
      try Check.range(option, value, 0...1)
      try Check.together(with: "--scale or --swap", !scale.isEmpty || !swap.isEmpty, (option, true))
    }
    let changes = try interventions()
    for (index, change) in changes.enumerated() where changes[..<index].contains(change) {
      throw ValidationError(
        "\(change.option): expected each change once, found '\(change.label)' again")
    }
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
      guard old.lowercased() != new.lowercased() else {
        throw ValidationError(
          "--swap: expected another word in the place of '\(old)', found the same")
      }
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
