"""Which stream an SSRC is (RFC 8843 9.2): as signalled, by MID and RID, or by MID and payload type."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from media.rtp.extensions import Extensions
from media.rtp.packet import Packet
from media.sfu.layer import Layer
from media.sfu.source import Source
from media.sfu.terms import Kind, LayerTerms, Publication

MAX_STREAMS = 32
REBIND_AFTER_S = 1.0


@dataclass(frozen=True, slots=True)
class Stream:
    """What an SSRC carries: a layer of a publication, or the RTX that repairs it."""

    publication: Publication
    layer: Layer
    repair: bool


Watcher = Callable[[int, Stream], None]


class Bindings:
    """Binds for the life of the connection: browsers carry MID and RID only in a stream's first packets."""

    def __init__(self, publications: tuple[Publication, ...], sources: dict[Kind, Source]) -> None:
        self._sources = sources
        self._streams: dict[int, Stream] = {}
        self._watcher: Watcher | None = None
        self._layers: list[tuple[Publication, LayerTerms, Layer]] = []
        self._open(publications)

    def _open(self, publications: tuple[Publication, ...]) -> None:
        for publication in publications:
            source = self._sources[publication.kind]
            source.open(len(publication.layers), publication.codec)
            by_place = {layer.place: layer for layer in source.layers}
            for place, terms in enumerate(publication.layers):
                self._layers.append((publication, terms, by_place[place]))
        for publication, terms, layer in self._layers:
            if terms.ssrc is not None:
                self._take(publication, layer, terms.ssrc)
            if terms.rtx_ssrc is not None:
                self._streams[terms.rtx_ssrc] = Stream(publication, layer, repair=True)

    def watch(self, watcher: Watcher) -> None:
        """Tell `watcher` of every SSRC that a layer is bound to, now and later."""
        self._watcher = watcher
        for ssrc, stream in self._streams.items():
            if not stream.repair:
                watcher(ssrc, stream)

    def renew(self, publications: tuple[Publication, ...]) -> None:
        """Another agreement. Where only payload types changed, the streams stay.

        For a browser that changes its codec keeps their SSRCs and tells no MID or RID again.
        """
        by_mid = {one.mid: one for one in publications}
        former = {one.mid: one for one, _, _ in self._layers}
        if {mid: one.layers for mid, one in by_mid.items()} != {mid: one.layers for mid, one in former.items()}:
            self._streams, self._layers = {}, []
            self._open(publications)
            return
        self._layers = [(by_mid[one.mid], terms, layer) for one, terms, layer in self._layers]
        for ssrc, stream in self._streams.items():
            self._streams[ssrc] = replace(stream, publication=by_mid[stream.publication.mid])
        for mid, one in by_mid.items():
            if one != former[mid]:
                self._sources[one.kind].recode(one.codec)
        if self._watcher is not None:
            self.watch(self._watcher)

    def __len__(self) -> int:
        return len(self._streams)

    def find(self, now: float, packet: Packet, found: Extensions) -> Stream | None:
        """The stream of a packet; None when it cannot be told, another is that layer, or the table is full."""
        stream = self._streams.get(packet.ssrc)
        if stream is None:
            return self._bind(now, packet, found)
        if stream.repair or _is_bound(stream.layer, packet.ssrc):
            return stream
        return self._return(now, stream, packet)

    def _return(self, now: float, stream: Stream, packet: Packet) -> Stream | None:
        """A stream in whose place another had come is taken again when that one is silent; not once all is closed."""
        publication, layer = stream.publication, stream.layer
        if layer.reception is None or packet.payload_type not in publication.payload_types:
            return None
        if not _may_rebind(now, layer):
            return None
        return self._take(publication, layer, packet.ssrc)

    def _take(self, publication: Publication, layer: Layer, ssrc: int) -> Stream:
        stream = self._streams[ssrc] = Stream(publication, layer, repair=False)
        layer.bind(ssrc)
        if self._watcher is not None:
            self._watcher(ssrc, stream)
        return stream

    def _bind(self, now: float, packet: Packet, found: Extensions) -> Stream | None:
        if len(self._streams) >= MAX_STREAMS:
            return None
        for publication, terms, layer in self._layers:
            if found.mid is not None and found.mid != (terms.mid or publication.mid):
                continue
            if packet.payload_type == publication.rtx_payload_type:
                if _is_named(terms, found.repaired_rid, found.mid):
                    stream = self._streams[packet.ssrc] = Stream(publication, layer, repair=True)
                    return stream
            elif packet.payload_type in publication.payload_types and _is_named(terms, found.rid, found.mid):
                return self._take(publication, layer, packet.ssrc) if _may_rebind(now, layer) else None
        return None


def _is_named(terms: LayerTerms, rid: str | None, mid: str | None) -> bool:
    """Whether a packet with these names is of the layer; one without is where there is nothing to choose from."""
    return terms.rid in (None, rid) and terms.mid in (None, mid)


def _is_bound(layer: Layer, ssrc: int) -> bool:
    return layer.reception is not None and layer.reception.ssrc == ssrc


def _may_rebind(now: float, layer: Layer) -> bool:
    return layer.reception is None or now - layer.last_packet_at > REBIND_AFTER_S
