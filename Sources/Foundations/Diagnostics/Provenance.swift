/// Where the numbers of a run come from; every page says it.
///
/// Networks tell whether their weights were learned; a run listens, so that no command has to say it
/// and none can forget it.
public enum Provenance: String, Sendable, Codable, CaseIterable, Comparable {
  /// Formulas alone: no learned weights took part.
  case analytic
  /// Weights that were trained.
  case trained
  /// Weights drawn at random: shapes, costs and mechanics are real, pictures mean nothing.
  case untrained

  fileprivate static let hearing = Hearing<Provenance>(
    key: "Diagnostics.Provenance", reachesOutside: false)

  /// Tells whoever listens that such weights take part.
  public static func tell(_ weights: Provenance) { hearing.tell(weights) }

  /// What is made of both is no better than the worse: one random network makes all of it random.
  public static func < (one: Provenance, other: Provenance) -> Bool {
    one.order < other.order
  }

  private var order: Int {
    switch self {
    case .analytic: 0
    case .trained: 1
    case .untrained: 2
    }
  }
}

extension Listener {
  /// Hears whether networks were trained, but not inside of another such listener: what was made there
  /// may have been trained since.
  public static func weights(_ hear: @escaping (Provenance) -> Void) -> Listener {
    Provenance.hearing.listener(hear)
  }
}
