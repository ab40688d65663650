import Foundation
import Pages

/// The U itself: a box for each stop, as wide as it has channels and as high as its image, an arc for
/// each skip connection, and colours for what each stop costs.
struct UNetDiagram: Panel {
  /// What the colours can tell.
  enum Cost: String, CaseIterable {
    case operations, time, parameters

    func value(_ stop: WalkExperiment.Stop) -> Double {
      let record = stop.layer.record
      return switch self {
      case .operations: Double(record.flops)
      case .time: record.seconds
      case .parameters: Double(record.parameters)
      }
    }

    /// The most that a stop costs, for the legend.
    func label(_ most: Double) -> String {
      switch self {
      case .operations: NumberFormat.decimals(1).text(most / 1e6) + " MFLOP"
      case .time: NumberFormat.decimals(2).text(most * 1000) + " ms"
      case .parameters: NumberFormat.integer.text(most) + " parameters"
      }
    }
  }

  private struct Contents: Encodable {
    let stop: String
    let cost: String
    /// What the darkest colour stands for, by cost.
    let most: [String]
  }

  /// A box in the drawing's own units.
  private struct Box {
    var x: Double
    var y: Double
    var width: Double
    var height: Double
    var center: Double { x + width / 2 }
  }

  private let walk: WalkExperiment
  private let cost: Axis
  private let stop: Axis
  private let boxes: [Box]

  /// - Parameter stop: has one position for each stop of the walk.
  init(_ walk: WalkExperiment, stop: Axis) {
    (self.walk, self.stop) = (walk, stop)
    cost = Axis("colour by", choices: Cost.allCases.map(\.rawValue))
    boxes = Self.boxes(walk.stops.map(\.layer.record.outputShape))
  }

  // MARK: Geometry

  private static let (width, margin, headroom, tallest, drop) = (960.0, 34.0, 96.0, 150.0, 70.0)
  private static let (gap, widest) = (5.0, 64.0)

  /// Boxes side by side in the order of the pass, each level of the U lower than the one above it.
  /// - Parameter shapes: of the outputs, [B, H, W, C].
  private static func boxes(_ shapes: [[Int]]) -> [Box] {
    let most = Double(shapes.map { $0[3] }.max() ?? 1)
    let highest = Double(shapes.map { $0[1] }.max() ?? 1)
    let room = width - 2 * margin - gap * Double(shapes.count - 1)
    let scale = min(room / shapes.reduce(0) { $0 + Double($1[3]) / most }, widest)
    var x = margin + (room - scale * shapes.reduce(0) { $0 + Double($1[3]) / most }) / 2
    return shapes.map { shape in
      let share = Double(shape[1]) / highest
      let (width, height) = (scale * Double(shape[3]) / most, max(tallest * share, 4))
      let center = headroom + tallest / 2 - log2(share) * drop
      defer { x += width + gap }
      return Box(x: x, y: center - height / 2, width: width, height: height)
    }
  }

  private var height: Double { (boxes.map { $0.y + $0.height }.max() ?? 0) + 40 }

  // MARK: Markup

  func html(_ rendering: inout Rendering) -> HTML {
    let costs = Cost.allCases
    let most = costs.map { cost in walk.stops.map(cost.value).max() ?? 0 }
    let arcs = walk.skipLinks.map { arc(from: $0.from, to: $0.to) }
    let drawn = walk.stops.indices.map { box($0, most) }
    let markup: HTML = """
      <div class="scroll" data-name="The U"><svg class="u" \
      viewBox="0 0 \(Self.number(Self.width)) \(Self.number(height))" role="img" \
      aria-label="\(description)">\(arcs)\(drawn)\(labels)</svg></div>
      <p class="cost"><span>least: 0</span><i></i><span>most: <b></b></span>\
      <span>arcs are skip connections</span></p>
      """
    let panel = Custom(
      markup: markup,
      data: Contents(
        stop: stop.name, cost: cost.name, most: zip(costs, most).map { $0.label($1) }),
      axes: [stop, cost], code: .uDiagram)
    return Choice(cost).html(&rendering) + panel.html(&rendering)
  }

  private var description: String {
    let shapes = walk.stops.map(\.layer.record.outputShape)
    let (rows, channels) = (shapes.map { $0[1] }, shapes.map { $0[3] })
    return """
      The U-Net as \(shapes.count) boxes: images shrink from \(rows.max() ?? 0) to \(rows.min() ?? 0) \
      rows and grow again, channels grow up to \(channels.max() ?? 0); \(walk.skipLinks.count) skip \
      connections cross from the way down to the way up
      """
  }

  private func box(_ index: Int, _ most: [Double]) -> HTML {
    let (box, stop) = (boxes[index], walk.stops[index])
    let record = stop.layer.record
    let shares = zip(Cost.allCases, most).map { cost, most in
      let share = NumberFormat.decimals(4).text(most > 0 ? cost.value(stop) / most : 0)
      return "--\(cost.rawValue):\(share)"
    }
    let shape = UNetWalkFiles.text(Array(record.outputShape.dropFirst()))
    return """
      <rect data-stop="\(index)" style="\(shares.joined(separator: ";"))" x="\(Self.number(box.x))" \
      y="\(Self.number(box.y))" width="\(Self.number(box.width))" \
      height="\(Self.number(box.height))"><title>\(record.path), \(shape)</title></rect>
      """
  }

  private func arc(from: Int, to: Int) -> HTML {
    let (start, end) = (boxes[from], boxes[to])
    let rise = 12 + 0.115 * (end.center - start.center)
    let points = [
      (start.center, start.y), (start.center, start.y - rise), (end.center, end.y - rise),
      (end.center, end.y),
    ].map { "\(Self.number($0.0)) \(Self.number($0.1))" }
    return """
      <path data-from="\(from)" data-to="\(to)" d="M\(points[0])C\(points[1]) \(points[2]) \(points[3])"/>
      """
  }

  /// Height, width and channels under each level, on the way down and on the way up.
  private var labels: [HTML] {
    var runs: [Range<Int>] = []
    for (index, stop) in walk.stops.enumerated() {
      let size = stop.layer.record.outputShape[1...2]
      if let last = runs.last, walk.stops[last.lowerBound].layer.record.outputShape[1...2] == size {
        runs[runs.count - 1] = last.lowerBound..<index + 1
      } else {
        runs.append(index..<index + 1)
      }
    }
    return runs.map { run in
      let shapes = walk.stops[run].map(\.layer.record.outputShape)
      let channels = Set(shapes.map { $0[3] }).sorted()
      let span = [channels.first, channels.last].compactMap { $0 }.map(String.init)
      let words = Set(span).count > 1 ? span.joined(separator: "–") : span[0]
      let x =
        (boxes[run.lowerBound].x + boxes[run.upperBound - 1].x
          + boxes[run.upperBound - 1].width) / 2
      let y = run.map { boxes[$0].y + boxes[$0].height }.max() ?? 0
      return """
        <text x="\(Self.number(x))" y="\(Self.number(y + 16))">\(shapes[0][1])×\(shapes[0][2])</text>\
        <text x="\(Self.number(x))" y="\(Self.number(y + 31))">\(words) ch.</text>
        """
    }
  }

  private static func number(_ value: Double) -> String { String(format: "%.1f", value) }
}
