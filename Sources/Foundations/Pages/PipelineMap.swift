/// The map of latent diffusion: what follows what, and which inspector opens each part.
public struct PipelineMap: Panel {
  private let here: String?
  private let address: @Sendable (String) -> String?

  /// - Parameters:
  ///   - here: the executable whose part is marked.
  ///   - address: an executable's page relative to this one, nil where there is none.
  public init(
    here: String? = nil, address: @escaping @Sendable (String) -> String? = { _ in nil }
  ) {
    self.here = here
    self.address = address
  }

  /// One part of the pipeline, in a grid of three columns.
  private struct Box {
    let label: String
    let executable: String
    let column: Int
    let row: Int

    init(_ label: String, _ executable: String, _ column: Int, _ row: Int) {
      (self.label, self.executable) = (label, executable)
      (self.column, self.row) = (column, row)
    }
  }

  private static let boxes = [
    Box("picture", "storybook", 0, 0), Box("encoder", "vae-compression", 1, 0),
    Box("latent", "downsampling-study", 2, 0), Box("text to vectors", "text-encoding", 0, 1),
    Box("cross-attention", "attention-maps", 1, 1), Box("noise", "forward-noising", 2, 1),
    Box("U-Net training", "train-diffusion", 0, 2), Box("U-Net", "unet-walk", 1, 2),
    Box("scheduler", "reverse-step", 2, 2), Box("what it learns by", "variational-bound", 0, 3),
    Box("guidance", "guidance-sweep", 1, 3), Box("samplers", "sampler-comparison", 2, 3),
    Box("new picture", "text-to-image", 0, 4), Box("decoder", "vae-compression", 1, 4),
    Box("what it is told", "conditioning", 2, 4),
    Box("new attention", "attention-edits", 0, 5), Box("training it", "train-autoencoder", 1, 5),
    Box("what is in a file", "checkpoint", 2, 5),
  ]

  /// Where the arrows go; the two between U-Net and scheduler are the loop.
  private static let arrows: [HTML] = [
    "M122 28H130", "M252 28H260", "M322 54V70", "M122 98H130", "M192 124V140", "M322 124V140",
    "M122 168H130", "M252 158H260", "M262 180H254", "M62 212V196", "M192 212V196", "M322 212V196",
    "M262 190H257V308H254", "M322 282V273H192V266", "M132 308H124", "M62 352V336", "M192 352V336",
  ]

  /// Whether some part of the map belongs to `executable`.
  public static func shows(_ executable: String) -> Bool {
    boxes.contains { $0.executable == executable }
  }

  /// The panel's markup.
  public func html(_ rendering: inout Rendering) -> HTML { markup }

  /// The map as inline SVG.
  public var markup: HTML {
    // An image may hold no links.
    let hasLinks = Self.boxes.contains { address($0.executable) != nil }
    let role: HTML = hasLinks ? "group" : "img"
    let arrows = Self.arrows.map { path -> HTML in
      "<path class=\"arrow\" d=\"\(path)\" marker-end=\"url(#map-head)\"/>"
    }
    let boxes = Self.boxes.map { drawn($0) }
    return """
      <svg class="map" viewBox="0 0 384 406" role="\(role)" aria-labelledby="map-title map-text">\
      <title id="map-title">The pipeline of latent diffusion</title>\
      <desc id="map-text">A prompt becomes tokens and vectors. A picture is encoded to a latent, and \
      noise is added. U-Net and scheduler take turns in a loop, steered by the vectors. The decoder \
      makes a picture of the last latent.\(place)</desc>\
      <marker id="map-head" viewBox="0 0 6 6" refX="5" refY="3" markerWidth="6" markerHeight="6" \
      orient="auto"><path d="M0 0L6 3L0 6Z"/></marker>\
      \(arrows)\(boxes)</svg>
      """
  }

  private var place: HTML {
    guard let here, Self.shows(here) else { return "" }
    return " You are here: \(here)."
  }

  private func drawn(_ box: Box) -> HTML {
    let (x, y) = (2 + 130 * box.column, 2 + 70 * box.row)
    let isHere = box.executable == here
    let name: HTML = isHere ? " class=\"here\"" : ""
    let mark: HTML = isHere ? "<text x=\"60\" y=\"47\">you are here</text>" : ""
    let drawing: HTML = """
      <g\(name) transform="translate(\(x) \(y))"><rect width="120" height="52" rx="5"/>\
      <text class="label" x="60" y="18">\(box.label)</text>\
      <text x="60" y="33">\(box.executable)</text>\(mark)</g>
      """
    guard let address = address(box.executable) else { return drawing }
    return "<a href=\"\(address)\">\(drawing)</a>"
  }
}
