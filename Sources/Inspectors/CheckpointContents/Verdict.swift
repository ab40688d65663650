import Checkpoints
import Pages

/// What the weights are, and which names and shapes say so.
struct Verdict {
  let identity: WeightIdentity

  var panel: Custom {
    let reasons = identity.reasons.map { "<li>\($0)</li>" as HTML }
    return Custom(
      markup: """
        <div class="verdict"><p><b>\(identity.title)</b></p><p>Why it is thought so:</p>\
        <ul>\(reasons)</ul></div>
        """, data: "", code: PanelCode(style: Self.style))
  }

  private static let style = """
    .verdict b { font-size: 1.4rem; line-height: 1.25; }
    .verdict ul { margin: 0; padding-left: 1.2rem; }
    .verdict li { overflow-wrap: anywhere; margin-bottom: 0.3rem; }
    """
}
