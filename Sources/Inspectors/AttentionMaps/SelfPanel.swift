import Attention
import Foundation
import Imaging
import Tensors
import Tracing

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

  init(_ own: SelfLedger, run: AttentionRun) {
    // One layer of 32×32 takes a megabyte: a page holds no more than one of them.
    var large = 0
    let held = own.layers.indices.filter { index in
      guard own.sums[index] != nil else { return false }
      if own.layers[index].pixels > 256 { large += 1 }
      return own.layers[index].pixels <= 256 || large == 1
    }
    guard !held.isEmpty else {
      (axis, panel) = (nil, nil)
      return
    }
    let axis = Axis(
      "self-attention layer",
      choices: held.map {
        "\(own.layers[$0].name), \(own.layers[$0].height)×\(own.layers[$0].width)"
      })
    let layers = held.map { index in
      Self.layer(own.layers[index], (own.sums[index] ?? .zeros([1, 1])) / Float(own.seen.count))
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
        axis: axis.name, layers: layers, colors: hexadecimal(HeatmapPictures.colors)),
      pictures: [shown(run.picture)], axes: [axis], script: mapHelpers + selfScript)
  }

  func html(_ rendering: inout Rendering) -> HTML {
    guard let axis, let panel else {
      return Text("Every grid here has more pixels than a page can hold; see self-attention.csv.")
        .html(&rendering)
    }
    return Choice(axis).html(&rendering) + panel.html(&rendering)
  }

  private static func layer(_ layer: AttentionLayer, _ matrix: Tensor) -> Layer {
    let n = layer.pixels
    var (bytes, ranges) = ([UInt8](), [Float]())
    bytes.reserveCapacity(n * n)
    matrix.withUnsafeElements { values in
      for start in stride(from: 0, to: n * n, by: n) {
        let row = values[start..<start + n]
        let (low, high) = (row.min() ?? 0, row.max() ?? 0)
        let scale = high > low ? 255 / (high - low) : 0
        for value in row { bytes.append(UInt8(level: (value - low) * scale)) }
        ranges += [low, high]
      }
    }
    return Layer(
      height: layer.height, width: layer.width, rows: Data(bytes).base64EncodedString(),
      ranges: ranges.withUnsafeBytes { Data($0).base64EncodedString() })
  }
}

private let selfScript = #"""
  const find = name => element.querySelector(name);
  const layers = data.layers.map(layer =>
    ({ ...layer, rows: bytesOf(layer.rows), ranges: floatsOf(layer.ranges) }));
  let pointed = [0.5, 0.5];

  function draw() {
    const layer = layers[page.position(data.axis)], { width, height } = layer, n = width * height;
    const x = Math.min(Math.floor(pointed[0] * width), width - 1);
    const y = Math.min(Math.floor(pointed[1] * height), height - 1);
    const row = y * width + x, low = layer.ranges[2 * row], high = layer.ranges[2 * row + 1];
    const map = Float32Array.from(layer.rows.subarray(row * n, (row + 1) * n),
      byte => low + (high - low) * byte / 255);
    const factor = Math.max(Math.floor(256 / Math.max(width, height)), 1);
    const answers = find(".answers"), asks = find(".asks");
    answers.width = asks.width = width * factor;
    answers.height = asks.height = height * factor;
    const pen = answers.getContext("2d");
    pen.imageSmoothingEnabled = false;
    pen.drawImage(painted(map, width, height, [low, high]), 0, 0, answers.width, answers.height);
    const under = grey(0, draw), other = asks.getContext("2d");
    if (under) {
      const picture = document.createElement("canvas");
      picture.width = under.width;
      picture.height = under.height;
      const image = new ImageData(under.width, under.height);
      under.values.forEach((v, i) => image.data.set([v, v, v, 255], 4 * i));
      picture.getContext("2d").putImageData(image, 0, 0);
      other.drawImage(picture, 0, 0, asks.width, asks.height);
    }
    for (const p of [pen, other]) {
      p.strokeStyle = "#fff";
      p.lineWidth = 2;
      p.strokeRect(x * factor, y * factor, factor, factor);
    }
    find(".spot").textContent = `row ${y}, column ${x} of ${height}×${width} keeps ${short(map[row])} for itself`;
    find(".range").textContent = `${short(low)} to ${short(high)}`;
  }
  for (const name of [".asks", ".answers"]) {
    find(name).addEventListener("pointermove", event => {
      const box = event.currentTarget.getBoundingClientRect();
      pointed = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]
        .map(share => Math.min(Math.max(share, 0), 0.9999));
      draw();
    });
  }
  page.onChange(draw);
  """#
