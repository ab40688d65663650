import Imaging
import Pages

extension Picture {
  /// A picture at the size of a page: at most 256 pixels on its longer side.
  public init(shown image: Image) { self.init(png: PNG.data(of: image.shrunk(to: 256))) }
}
