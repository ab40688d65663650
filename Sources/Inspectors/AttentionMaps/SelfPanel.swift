import Attention
import Foundation
import Imaging
import Pages
import Tensors

/// Where each pixel looks: point at one, and see its row of the self-attention matrix as a map.
struct SelfPanel: Panel {
  private struct Layer: Encodable {
    var height: Int
    var width: Int
    /// 8 bits per entry of [N, N], base64.
    var rows: String
    /// Least and largest value of each row, base64 of Float32.
    var ranges: String
  }

  private struct Contents: Encodable {
    var axis: String
    var layers: [Layer]
    var colors: String
  }

  private let axis: Axis?
  private let panel: Custom?

  init(_ ledger: SelfLedger, run: AttentionRun) {
    // One layer of 32×32 takes a megabyte: a page holds no more than one of them.
    var large = 0
    let held = ledger.layers.indices.filter { index in
      guard ledger.sums[index] != nil else { return false }
      if ledger.layers[index].pixels > 256 { large += 1 }
      return ledger.layers[index].pixels <= 256 || large == 1
    }
    guard !held.isEmpty else {
      (axis, panel) = (nil, nil)
      return
    }
    let axis = Axis(
      "self-attention layer",
      choices: held.map {
        "\(ledger.layers[$0].name), \(ledger.layers[$0].height)×\(ledger.layers[$0].width)"
      })
    let layers = held.map { index in
      Self.layer(
        ledger.layers[index], (ledger.sums[index] ?? .zeros([1, 1])) / Float(ledger.seen.count))
    }
    self.axis = axis
    panel = Custom(
      markup: """
        <div class="attention"><div class="views"><figure><div class="frame">\
        <canvas class="asks" data-points="32" role="img" aria-label="The picture: point at a pixel"></canvas></div>\
        <figcaption class="spot"></figcaption></figure><figure><div class="frame">\
        <canvas class="answers" role="img" aria-label="Where that pixel looks"></canvas></div>\
        <figcaption>where it looks, colours <span class="range"></span></figcaption></figure></div>\
        </div>
        """,
      data: Contents(
        axis: axis.name, layers: layers, colors: HeatmapPictures.colors.hexadecimal),
      pictures: [Picture(shown: run.picture)], axes: [axis], code: .selfAttention)
  }

  func html(_ rendering: inout Rendering) -> HTML {
    guard let axis, let panel else {
      return Text("Every grid here has more pixels than a page can hold; see self-attention.csv.")
        .html(&rendering)
    }
    return Choice(axis).html(&rendering) + panel.html(&rendering)
  }

  private static func layer(_ layer: AttentionLayer, _ matrix: Tensor) -> Layer {
    let (bytes, ranges) = matrix.quantized(runs: layer.pixels)
    return Layer(
      height: layer.height, width: layer.width, rows: Packed.text(bytes),
      ranges: Packed.text(ranges))
  }
}
