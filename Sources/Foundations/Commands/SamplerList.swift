import ArgumentParser
import Diffusion

/// What was given to an option that takes names of samplers, or `all`.
public struct SamplerList: Sendable, Equatable {
  /// In the order in which they were named, each once; at least one.
  public let names: [SamplerName]
  /// Those among them that `all` stands for, and nobody named.
  let unnamed: Set<SamplerName>

  /// The samplers that any model can be walked by.
  public static let all = SamplerList(
    names: SamplerName.general, unnamed: Set(SamplerName.general))

  /// The samplers with commas between them.
  /// - Throws: `ValidationError`, which names the item and lists the names.
  public init(parsing text: String) throws {
    let known = SamplerName.allCases.map(\.rawValue).joined(separator: ", ")
    let items = try Values.several(text, "one or several of \(known); or all") { item in
      item == "all" || SamplerName(rawValue: item) != nil ? [item] : nil
    }.values
    let named = items.compactMap(SamplerName.init)
    let unnamed =
      items.contains("all") ? Set(SamplerName.general).subtracting(named) : []
    self.unnamed = unnamed
    names = items.flatMap { item in
      SamplerName(rawValue: item).map { [$0] } ?? SamplerName.general.filter(unnamed.contains)
    }
  }

  private init(names: [SamplerName], unnamed: Set<SamplerName>) {
    (self.names, self.unnamed) = (names, unnamed)
  }
}

/// A list of samplers, cut in two by whether the walk's options do something to them.
public struct WalkedSamplers: Sendable, Equatable {
  /// Those that walk.
  public let names: [SamplerName]
  /// What was left out of `all`, and by which options, in one line without its full stop; nil where
  /// nothing was.
  public let notice: String?
}

extension WalkOption {
  /// The samplers of a list to which all that was given does something. What `all` stands for is left out
  /// where it does not; a sampler that somebody named is refused.
  /// - Parameters:
  ///   - list: what was named.
  ///   - scheduler: the model's; nil before one is open.
  /// - Throws: `ValidationError`, which names option and sampler, also where none is left; `JSONError` for a
  ///   scheduler file that means nothing.
  public func walked(
    _ list: SamplerList, of scheduler: SchedulerConfiguration? = nil
  ) throws -> WalkedSamplers {
    var (names, left, options) = ([SamplerName](), [SamplerName](), [String]())
    for name in list.names {
      let idle =
        try scheduler?.withoutEffect(settings, on: name) ?? settings.withoutEffect(on: name)
      if idle.isEmpty || !list.unnamed.contains(name) {
        try check(for: [name])
        names.append(name)
      } else {
        left.append(name)
        for setting in idle where !options.contains("--\(setting)") {
          options.append("--\(setting)")
        }
      }
    }
    let words = options.joined(separator: " or ")
    guard !names.isEmpty else {
      throw ValidationError(
        "--sampler all: none is left, for \(words) does nothing to each of them")
    }
    guard !left.isEmpty else { return WalkedSamplers(names: names, notice: nil) }
    return WalkedSamplers(
      names: names,
      notice: "--sampler all leaves out \(left.map(\.rawValue).joined(separator: ", ")): \(words) "
        + "does nothing to them")
  }
}

/// How a manifest notes it: as the list of its names.
extension SamplerList: ValueListReading {
  var reading: Any { names.count == 1 ? names[0] : names }
}
