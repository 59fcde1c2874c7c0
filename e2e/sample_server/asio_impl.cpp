// SPDX-License-Identifier: Apache-2.0
// Asio, Beast and JSON compiled once.
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
#include <boost/json/src.hpp>
