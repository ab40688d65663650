import Checkpoints
import Pages

/// The names that the pickles of one file ask for.
struct PickleTable {
  let pickle: PickleSurvey
  let title: String

  @PanelBuilder var panels: [any Panel] {
    Table(
      "\(title)", columns: ["name", "named", "called", "what it is for"],
      rows: (unknown + known).prefix(Self.mostShown).map(row))
    if let stop = pickle.stop { Text("Its pickle could not be followed to the end: \(stop)") }
    if pickle.unlisted > 0 { Text("And \(pickle.unlisted) more.") }
    if unknown.isEmpty {
      Text("Every name is one that tensors need or that trainers leave beside them.")
    }
  }

  private static let mostShown = 100

  private var unknown: [PickleSurvey.Global] { pickle.globals.filter(\.isUnknown) }
  private var known: [PickleSurvey.Global] { pickle.globals.filter { !$0.isUnknown } }

  private func row(_ global: PickleSurvey.Global) -> [Table.Cell] {
    [
      .prose("\(code: global.name)"), .number(Double(global.mentions), .integer),
      .number(Double(global.calls), .integer), .prose(meaning(of: global)),
    ]
  }

  private func meaning(of global: PickleSurvey.Global) -> Prose {
    if let meaning = global.meaning { return Prose(meaning) }
    let danger =
      global.canDoAnything
      ? "DANGEROUS: it can run any program" : "UNKNOWN: no tensor needs it"
    let call = global.arguments.map { "; it would be called with \($0)" } ?? ""
    return Prose("\(danger). torch.load would import it without weights_only=True\(call).")
  }
}

extension PickleSurvey.Global {
  /// Whether it is one of the modules and functions by which files that attack are known.
  var canDoAnything: Bool {
    isUnknown && Self.attacks.contains { name == $0 || name.hasPrefix($0 + ".") }
  }

  private static let attacks: Set = [
    "os", "posix", "nt", "subprocess", "sys", "socket", "shutil", "importlib", "runpy", "pty",
    "commands", "webbrowser", "ctypes", "builtins.eval", "builtins.exec", "builtins.compile",
    "builtins.open", "builtins.__import__", "builtins.getattr", "__builtin__.eval",
    "__builtin__.exec", "__builtin__.getattr", "torch.hub", "torch.load", "pickle", "urllib",
    "requests", "http", "code", "timeit", "pip",
  ]
}
